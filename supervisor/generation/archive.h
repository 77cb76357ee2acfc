// Archive: the generations that are kept, to be read; by `berth` without a daemon, and by the
// store. The layout, below var/lib/berth/generations:
//
//   12.json              the manifest of generation 12; whole, or not there
//   objects/ab/cdef…     texts by their SHA-256: definition files, and listings
//
// What is there and cannot be right (cut off by a bad disk, written by somebody else) is told and
// passed over; a text is given only when its digest is right.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/generation/manifest.h"
#include "supervisor/model/paths.h"

namespace berth::generation {

std::string directory_of(const Paths& paths);

class Archive {
 public:
  explicit Archive(std::string directory) : directory_(std::move(directory)) {}

  struct Contents {
    std::map<std::uint64_t, Manifest> generations;
    std::vector<std::string> troubles;  // what was passed over, in sentences
    std::uint64_t last_number = 0;      // the highest that was ever given, as far as can be seen
  };
  // No directory: no generations. One that cannot be read (0700, root's) is an error.
  [[nodiscard]] Result<Contents> read() const;

  [[nodiscard]] Result<std::string> object(const std::string& digest) const;
  [[nodiscard]] Result<Listing> listing(const Manifest& manifest) const;

 protected:
  [[nodiscard]] std::string manifest_path(std::uint64_t number) const;
  [[nodiscard]] std::string objects() const { return directory_ + "/objects"; }
  [[nodiscard]] std::string object_directory(const std::string& digest) const;
  [[nodiscard]] std::string object_path(const std::string& digest) const;

  std::string directory_;
};

}  // namespace berth::generation
