// Store: keeps generations; see archive.h for the layout. One writer: it holds a lock on the
// directory.
//
// The order of writing is what makes a power cut harmless: first the texts, each under another
// name, synced, and renamed; then, in the same way, the manifest. A generation is there when its
// manifest is, and then whole. What an interrupted writing left is removed by the next open().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "supervisor/base/unique_fd.h"
#include "supervisor/generation/archive.h"
#include "supervisor/generation/files.h"

namespace berth::generation {

class Store : public Archive {
 public:
  // `files` is borrowed. Makes the directory where it is missing.
  static Result<Store> open(const std::string& directory, Files& files);

  // Those that are there, oldest first. The last one is in force.
  [[nodiscard]] const std::map<std::uint64_t, Manifest>& generations() const {
    return contents_.generations;
  }
  [[nodiscard]] const Manifest* latest() const;
  [[nodiscard]] const std::vector<std::string>& troubles() const { return contents_.troubles; }
  [[nodiscard]] std::uint64_t next_number() const { return contents_.last_number + 1; }

  using TextOf = std::function<const std::string*(const std::string& digest)>;
  // Keeps a generation: number and hash are filled in. `text_of` gives the texts that the listing
  // names and that may be new. When it fails, the generations are as they were.
  Result<void> add(Manifest manifest, const Listing& listing, const TextOf& text_of);
  // Writes down what became of one.
  Result<void> set_outcome(std::uint64_t number, Outcome outcome);
  // Removes the oldest, until so many are left, and the texts that no other has; never the latest
  // one, nor `spared`. What cannot be removed now is by the next open().
  void keep_only(std::uint64_t count, std::uint64_t spared);

 private:
  Store(std::string directory, Files& files) : Archive(std::move(directory)), files_(&files) {}
  void count_references();
  Result<void> remove_leftovers();
  Result<void> write_objects(
      const std::vector<std::pair<std::string, const std::string*>>& objects);
  Result<void> write_manifest(const Manifest& manifest);
  void add_reference(const std::string& digest) { ++references_[digest]; }
  void drop_reference(const std::string& digest);

  Files* files_;
  unique_fd lock_;
  Contents contents_;
  // How often each text is named by generations that are kept. Those in it are on the disk.
  std::unordered_map<std::string, std::uint64_t> references_;
};

}  // namespace berth::generation
