// Where definitions are looked for, and which names of files count.
//
// A name (web) is defined by the first layer that has a file for it; drop-ins (web.toml.d/*.toml)
// of every layer are merged over it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/model/paths.h"

namespace berth::definition {

enum class Format { toml, yaml };

// A directory with containers/, networks/ and berthd.toml in it.
struct Layer {
  std::string path;   // below the root: "etc/berth"
  std::string shown;  // in front of its files in diagnostics: "", "/usr/lib/berth/"
};

// The first one wins: the administrator's, this boot's, those of a repository that is checked out
// (`berth sync`), the packages'.
std::vector<Layer> layers_of(const Paths& paths);

struct FileName {
  std::string name;  // "web"
  Format format = Format::toml;
};
// Of "web.toml", "web.yaml" and "web.yml". Hidden files (also ConfigMap's "..data"), editors' and
// dpkg's leftovers ("web.toml~", ".web.toml.swp", "web.toml.dpkg-new", "4913") do not count.
std::optional<FileName> definition_name(std::string_view file);

// "web" of "web.toml.d", "web.yaml.d" and "web.yml.d".
std::optional<std::string> drop_in_owner(std::string_view directory);

}  // namespace berth::definition
