// Cache: what the last reading of the definitions found, so that one changed file among thousands
// costs one reading and one parse. It belongs to who reads again and again (berthd).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "supervisor/definition/load.h"

namespace berth::definition {

// What stat(2) says of a file; two that are equal are the same bytes, unless it was written to
// within the granularity of the times (see `settled`).
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds of the wall clock
  std::int64_t changed = 0;   // of the inode; nobody can set it back
  std::uint32_t owner = 0;
  std::uint32_t mode = 0;
  bool operator==(const FileStamp&) const = default;
};

struct Cache {
  struct Bytes {
    FileStamp stamp;
    // The last change was long enough before the reading: a later one has another time. (The
    // same reason for which git reads "racily clean" files again.)
    bool settled = false;
    Content content;
  };
  template <class Spec>
  struct Loaded {
    File file;                   // with its drop-ins
    std::shared_ptr<Spec> spec;  // null: bad
    std::vector<Diagnostic> problems;
  };

  std::unordered_map<std::string, Bytes> files;  // by path on this host
  std::unordered_map<std::string, Loaded<const ContainerSpec>> containers;
  std::unordered_map<std::string, Loaded<const NetworkSpec>> networks;
};

}  // namespace berth::definition
