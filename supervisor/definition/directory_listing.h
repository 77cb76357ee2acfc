// What one directory of definitions has in it.
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/trusted_open.h"
#include "supervisor/definition/layers.h"

namespace berth::definition {

struct ListedFile {
  std::string file;  // "web.toml"
  std::string name;  // "web"
  Format format = Format::toml;
  bool masks = false;  // a symlink to /dev/null
};

struct ListedDropIns {
  std::string directory;  // "web.toml.d"
  std::string owner;      // "web"
};

struct Listing {
  std::vector<ListedFile> files;        // by name, then by file
  std::vector<ListedDropIns> drop_ins;  // by owner, then by directory
};

// What counts in a directory. When `trusted`, a symlink that does not belong to root masks nothing.
Result<Listing> list_directory(const Found& directory, bool trusted);

// The same of a layer's own directory, in which berthd.toml and berthd.toml.d alone count.
Listing list_host_files(const Found& directory, bool trusted);

}  // namespace berth::definition
