// SnapshotTaker: fills a snapshot from directories, layer by layer, and keeps its bounds.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "supervisor/base/trusted_open.h"
#include "supervisor/definition/cache.h"
#include "supervisor/definition/directory_listing.h"
#include "supervisor/definition/load.h"

namespace berth::definition {

enum class Kind { container, network, host };

// Where files are looked for, and how their paths are shown.
struct Folder {
  std::string root;   // trusted from here on
  std::string path;   // below root
  std::string shown;  // in front of a file's name: "containers/"
  [[nodiscard]] std::string on_host() const {
    return path.starts_with('/') ? root + path : root + "/" + path;
  }
};

class SnapshotTaker {
 public:
  // `cache` may be null.
  SnapshotTaker(Snapshot& snapshot, bool trusted, Cache* cache)
      : snapshot_(snapshot), trusted_(trusted), cache_(cache) {}

  // All that count in these directories, of which the first that has a name wins. False when the
  // first one is not there or cannot be read; only the latter is a problem.
  bool take(Kind kind, const std::vector<Folder>& folders);
  // The one file, with its drop-ins beside it.
  void take_one(Kind kind, const Folder& folder, const ListedFile& file);
  // To be called at the end: forgets in the cache what is no longer there.
  void finish();

  void problem(const std::string& file, std::string what, std::string remedy,
               std::string container = "", Severity severity = Severity::error);

 private:
  struct OpenFolder {
    Folder folder;
    Found found;
    Listing listing;
  };
  // Everything there is about one name.
  struct Candidate {
    const OpenFolder* layer = nullptr;  // the first that has a file of this name
    std::vector<const ListedFile*> files;
    std::vector<std::pair<const OpenFolder*, const ListedDropIns*>> drop_ins;
  };
  struct DropIn {
    std::string shown;
    std::string origin;
    Found directory;
    ListedFile file;
  };
  using Candidates = std::map<std::string, Candidate>;
  using DropIns = std::map<std::string, DropIn>;  // by the file's name

  bool open(Kind kind, const Folder& folder, std::vector<OpenFolder>& opened);
  void take_name(Kind kind, const std::string& name, const Candidate& candidate);
  void take_drop_ins_alone(Kind kind, const std::string& name, const Candidate& candidate);
  bool take_drop_ins(Kind kind, const std::string& name, const Candidate& candidate, File& file);
  bool collect(Kind kind, const std::string& name, const Candidate& candidate, DropIns& drop_ins);
  Result<Content> read(const Found& directory, const std::string& file, const std::string& origin);
  Result<Content> read_new(const Found& directory, const std::string& file,
                           const std::string& origin);
  bool within_bounds(const Content& content);

  void refuse(Kind kind, const std::string& name, const std::string& shown, std::string what,
              std::string remedy = "");
  void mark_refused(Kind kind, const std::string& name, const std::string& shown);

  Snapshot& snapshot_;
  bool trusted_;
  Cache* cache_;
  std::unordered_map<std::string, Cache::Bytes> seen_;  // becomes the cache's
  std::size_t bytes_ = 0;
};

// As names of files are shown in messages: quoted when they could disturb a terminal.
std::string show_file(const std::string& file);

}  // namespace berth::definition
