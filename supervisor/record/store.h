// RecordStore: the records of one instance, a file each, below run/berth/records. A file is
// replaced as a whole, by a rename: whoever reads it finds what was before or what is now. That
// holds against a kill at any instruction, and need not hold against a loss of power, after which
// nothing of what they tell is there.
//
// Single-threaded; the only writer of its directory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/plan/state.h"

namespace berth::record {

class RecordStore {
 public:
  // Makes the directory. `boot_id`: as in /proc/sys/kernel/random/boot_id.
  static Result<RecordStore> open(const std::string& directory, std::string boot_id);

  struct Loaded {
    ObservedState observed;             // containers and networks alone
    std::vector<std::string> troubles;  // what was set aside, in sentences
  };
  // What an earlier worker of this boot kept; what is of another boot is removed. A record that is
  // not as it was written is set aside as NAME~damaged (a name has no "~"), and told.
  Result<Loaded> load();

  // Null: there is nothing to remember of it.
  Result<void> keep_container(const std::string& name, const ObservedContainer* observed);
  Result<void> keep_network(const std::string& name, const ObservedNetwork* observed);

  // At the end of everything.
  void remove_all();

 private:
  RecordStore(std::string path, unique_fd directory, std::string boot_id)
      : path_(std::move(path)), directory_(std::move(directory)), boot_id_(std::move(boot_id)) {}

  Result<void> keep(const std::string& file, const std::string& text);
  Result<void> remove(const std::string& file);
  void set_aside(const std::string& file, const std::string& why, Loaded& loaded);

  std::string path_;
  unique_fd directory_;
  std::string boot_id_;
  std::map<std::string, std::string> written_;  // the head of each file: none is written twice
};

}  // namespace berth::record
