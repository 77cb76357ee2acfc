// snapshot: which files count, and their bytes; see load.h. With directory_listing.cpp,
// snapshot_taker.cpp and base/trusted_open.cpp the part of this folder that touches the file
// system.
#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <optional>

#include <sys/stat.h>

#include "supervisor/definition/load.h"
#include "supervisor/definition/snapshot_taker.h"

namespace berth::definition {

namespace {

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string last_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// containers/, networks/ and berthd.toml of some layers, whose paths are below `root`.
bool take_layers(SnapshotTaker& taker, const std::string& root, const std::vector<Layer>& layers) {
  std::vector<Folder> containers;
  std::vector<Folder> networks;
  std::vector<Folder> hosts;
  for (const Layer& layer : layers) {
    containers.push_back({root, layer.path + "/containers", layer.shown + "containers/"});
    networks.push_back({root, layer.path + "/networks", layer.shown + "networks/"});
    hosts.push_back({root, layer.path, layer.shown});
  }
  const bool found = taker.take(Kind::container, containers);
  taker.take(Kind::network, networks);
  taker.take(Kind::host, hosts);
  return found;
}

std::string absolute(const std::string& path) {
  std::array<char, PATH_MAX> real{};
  return ::realpath(path.c_str(), real.data()) == nullptr ? path : std::string(real.data());
}

// Whose definition a file is, or a drop-in of, when it is in this directory.
std::optional<std::string> owner_in(const std::string& directory, const std::string& file) {
  const std::string parent = parent_of(file);
  if (parent == directory) {
    auto name = definition_name(last_of(file));
    return name ? std::optional(std::move(name->name)) : std::nullopt;
  }
  return parent_of(parent) == directory ? drop_in_owner(last_of(parent)) : std::nullopt;
}

void refuse_quietly(std::vector<File>& files, std::map<std::string, std::string>& refused,
                    const std::string& name, const std::string& path) {
  std::erase_if(files, [&](const File& file) { return file.name == name; });
  refused.emplace(name, path);
}

// What a name on a command line stands for: its directory, and the way there as it was given.
class Named {
 public:
  Named(Snapshot& snapshot, SnapshotTaker& taker) : snapshot_(snapshot), taker_(taker) {}

  void take(const std::string& argument) {
    const std::string path = without_slashes(argument);
    if (!exists(path)) {
      taker_.problem(show_file(argument), "there is no such file or directory", "");
    } else if (drop_in_owner(last_of(absolute(path)))) {
      take_owner(path);
    } else if (!is_directory(path)) {
      take_file(path);
    } else if (is_directory(path + "/etc/berth")) {
      take_root(path);
    } else if (is_directory(path + "/containers")) {
      take_layers(taker_, "", {{absolute(path), path + "/"}});
    } else {
      taker_.take(kind_of_directory(path), {{"", absolute(path), path + "/"}});
      note_neighbours(path);
    }
  }

 private:
  // A tree as it would be below "/".
  void take_root(const std::string& path) {
    std::vector<Layer> layers = layers_of(Paths{});
    for (Layer& layer : layers) {
      layer.shown = path + "/" + layer.path + "/";
      layer.path = absolute(path) + "/" + layer.path;
    }
    take_layers(taker_, "", layers);
  }

  void take_file(const std::string& path) {
    const std::string directory = parent_of(path);
    const std::string file = last_of(path);
    if (drop_in_owner(last_of(absolute(directory)))) return take_owner(directory);
    const auto name = definition_name(file);
    if (!name) {
      taker_.problem(show_file(path), "the file does not end in .toml, .yaml or .yml", "");
      return;
    }
    const std::string shown = path.substr(0, path.size() - file.size());
    const Kind kind = file == "berthd.toml" ? Kind::host : kind_of_directory(directory);
    const Folder folder{"", absolute(directory), shown};
    taker_.take_one(kind, folder, ListedFile{file, name->name, name->format});
    note_neighbours(directory);
    note_names(folder.path,
               kind == Kind::network ? snapshot_.neighbour_networks : snapshot_.neighbours);
  }

  // A drop-in, or a directory of them, says nothing without what it is merged over.
  void take_owner(const std::string& directory) {
    const std::string name = last_of(absolute(directory));
    const std::string beside = parent_of(absolute(directory));
    for (const std::string ending : {".toml", ".yaml", ".yml"}) {
      const std::string file = *drop_in_owner(name) + ending;
      if (exists(beside + "/" + file)) return take_file(parent_of(directory) + "/" + file);
    }
    taker_.problem(show_file(directory),
                   "there is no definition beside it that these drop-ins would be merged over", "");
  }

  // containers/ and networks/ stand beside each other, and refer to each other.
  void note_neighbours(const std::string& directory) {
    const std::string own = last_of(absolute(directory));
    if (own != "containers" && own != "networks") return;
    const bool networks = own == "containers";
    note_names(parent_of(absolute(directory)) + (networks ? "/networks" : "/containers"),
               networks ? snapshot_.neighbour_networks : snapshot_.neighbours);
  }

  static void note_names(const std::string& directory, std::set<std::string>& names) {
    const auto found = open_path("", directory, false);
    if (!found) return;
    const auto listing = list_directory(*found, false);
    if (!listing) return;
    for (const ListedFile& file : listing->files) names.insert(file.name);
  }

  static Kind kind_of_directory(const std::string& directory) {
    return last_of(absolute(directory)) == "networks" ? Kind::network : Kind::container;
  }

  Snapshot& snapshot_;
  SnapshotTaker& taker_;
};

}  // namespace

Snapshot snapshot(const Paths& paths, bool trusted_only, Cache* cache) {
  Snapshot snapshot;
  SnapshotTaker taker(snapshot, trusted_only, cache);
  snapshot.missing_directory = !take_layers(taker, paths.root, layers_of(paths));
  taker.finish();
  return snapshot;
}

void hold_back(Snapshot& snapshot, const Paths& paths, const std::set<std::string>& files) {
  for (const Layer& layer : layers_of(paths)) {
    const std::string directory = paths.root + "/" + layer.path;
    for (const std::string& file : files) {
      if (const auto name = owner_in(directory + "/containers", file)) {
        refuse_quietly(snapshot.containers, snapshot.refused_containers, *name, file);
        snapshot.masked_containers.erase(*name);
      } else if (const auto network = owner_in(directory + "/networks", file)) {
        refuse_quietly(snapshot.networks, snapshot.refused_networks, *network, file);
        snapshot.masked_networks.erase(*network);
      } else if (owner_in(directory, file) == "berthd") {
        snapshot.host.clear();
        snapshot.refused_host = true;
      }
    }
  }
}

Snapshot snapshot_of(const std::vector<std::string>& files_and_directories) {
  Snapshot snapshot;
  SnapshotTaker taker(snapshot, false, nullptr);
  Named named(snapshot, taker);
  for (const std::string& argument : files_and_directories) named.take(argument);
  return snapshot;
}

}  // namespace berth::definition
