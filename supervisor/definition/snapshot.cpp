// snapshot: which files count, and their bytes; see load.h. The only part of this folder that
// touches the file system.
#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <optional>
#include <tuple>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/definition/load.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/definition/tree.h"
#include "supervisor/definition/trusted_open.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

constexpr std::size_t kFilesMost = 4096;          // of one directory
constexpr std::size_t kSetBytesMost = 64u << 20;  // of one snapshot
constexpr std::size_t kEntriesMost = 100'000;     // looked at in one directory

enum class Kind { container, network, host };

// Where files are looked for, and how their paths are shown.
struct Folder {
  std::string root;   // trusted from here on
  std::string path;   // below root
  std::string shown;  // in front of a file's name: "containers/"
  Kind kind = Kind::container;
};

struct Ending {
  std::string_view text;
  Format format;
};
constexpr std::array<Ending, 3> kEndings{
    {{".toml", Format::toml}, {".yaml", Format::yaml}, {".yml", Format::yaml}}};

struct Entry {
  std::string file;  // "web.toml"
  std::string name;  // "web"
  Format format = Format::toml;
  bool masks = false;  // a symlink to /dev/null
};

// Hidden files (also ConfigMap's "..data"), editors' and dpkg's leftovers ("web.toml~",
// ".web.toml.swp", "web.toml.dpkg-new", "4913") do not end like this, or begin with a dot.
std::optional<Entry> definition_entry(std::string_view file) {
  if (file.starts_with('.')) return std::nullopt;
  for (const Ending& ending : kEndings) {
    if (!file.ends_with(ending.text)) continue;
    const std::string_view name = file.substr(0, file.size() - ending.text.size());
    return Entry{std::string(file), std::string(name), ending.format};
  }
  return std::nullopt;
}

std::string show_file(const std::string& file) { return has_control(file) ? quote(file) : file; }

class Taker {
 public:
  Taker(Snapshot& snapshot, bool trusted) : snapshot_(snapshot), trusted_(trusted) {}

  // False when the directory is not there or cannot be read; only the latter is a problem.
  bool take_directory(const Folder& folder) {
    const auto opened = open_path(folder.root, folder.path, trusted_);
    if (!opened) {
      if (opened.error().code != ENOENT) refuse_directory(folder, opened.error().message());
      return false;
    }
    const auto entries = list(*opened, folder);
    if (!entries) {
      refuse_directory(folder, entries.error().message());
      return false;
    }
    for (auto entry = entries->begin(); entry != entries->end();) {
      const auto next = std::find_if(entry, entries->end(),
                                     [&](const Entry& each) { return each.name != entry->name; });
      take_name(folder, entry, next);
      entry = next;
    }
    return true;
  }

  void take_file(const Folder& folder, const Entry& entry) {
    const std::string shown = folder.shown + show_file(entry.file);
    if (folder.kind != Kind::host && !is_container_name(entry.name)) {
      refuse(folder, entry, "the name of the file, " + quote(entry.name) + ", is not a name",
             "lower case letters, digits, \"_\", \".\" and \"-\", at most 63 of them");
      return;
    }
    const auto path = open_path(folder.root, folder.path + "/" + entry.file, trusted_);
    if (!path) return refuse_error(folder, entry, path.error());
    auto content = read_regular(*path, kFileBytesMost);
    if (!content) return refuse_error(folder, entry, content.error());
    bytes_ += content->size();
    if (bytes_ > kSetBytesMost) {
      refuse(folder, entry, "all files together are larger than 64 MiB", "");
      return;
    }
    files(folder.kind).push_back(File{shown, entry.name, entry.format, std::move(*content)});
  }

  void problem(const std::string& file, std::string what, std::string remedy,
               std::string container = "") {
    snapshot_.problems.push_back(Diagnostic{Severity::error, SourcePos{file, 0, 0}, "",
                                            std::move(what), std::move(remedy),
                                            std::move(container)});
  }

  Result<std::vector<Entry>> list(const unique_fd& directory, const Folder& folder) {
    const std::string self = "/proc/self/fd/" + std::to_string(directory.get());
    DIR* stream = ::opendir(self.c_str());
    if (stream == nullptr) return fail_errno("it cannot be read");
    std::vector<Entry> entries;
    std::size_t seen = 0;
    while (const dirent* item = ::readdir(stream)) {
      if (++seen > kEntriesMost || entries.size() > kFilesMost) break;
      if (auto entry = definition_entry(item->d_name)) {
        entry->masks = is_mask(directory, entry->file);
        entries.push_back(std::move(*entry));
      }
      note_drop_ins(directory, folder, item->d_name);
    }
    ::closedir(stream);
    if (seen > kEntriesMost || entries.size() > kFilesMost) {
      return fail("there are more than " + std::to_string(kFilesMost) + " files in it");
    }
    std::ranges::sort(entries, {},
                      [](const Entry& each) { return std::tie(each.name, each.file); });
    return entries;
  }

 private:
  using Entries = std::vector<Entry>::const_iterator;

  // All files of one name: web.toml, and perhaps web.yaml.
  void take_name(const Folder& folder, Entries first, Entries last) {
    if (last - first == 1) {
      if (!first->masks) take_file(folder, *first);
      return;
    }
    std::string others;
    for (auto each = first + 1; each != last; ++each) {
      others += (others.empty() ? "" : " and ") + each->file;
    }
    refuse(folder, *first,
           "the name " + quote(first->name) + " is taken twice, by this file and " + others,
           "remove one of them");
  }

  static bool is_mask(const unique_fd& directory, const std::string& file) {
    std::array<char, 16> target{};
    const ssize_t length =
        ::readlinkat(directory.get(), file.c_str(), target.data(), target.size());
    return length > 0 &&
           std::string_view(target.data(), static_cast<std::size_t>(length)) == "/dev/null";
  }

  // web.toml.d/ would change web.toml without a word, once drop-ins are supported; so it is said.
  void note_drop_ins(const unique_fd& directory, const Folder& folder, const std::string& name) {
    constexpr std::string_view kEnding = ".d";
    struct stat status{};
    if (!name.ends_with(kEnding) || !definition_entry(name.substr(0, name.size() - 2))) return;
    if (::fstatat(directory.get(), name.c_str(), &status, 0) != 0 || !S_ISDIR(status.st_mode)) {
      return;
    }
    const std::string file = name.substr(0, name.size() - 2);
    const std::string container =
        folder.kind == Kind::container ? definition_entry(file)->name : std::string();
    problem(folder.shown + show_file(name), "drop-in directories are not supported yet",
            "put the keys into " + show_file(file), container);
  }

  void refuse_directory(const Folder& folder, const std::string& what) {
    problem(folder.shown, "the directory is not taken: " + what, "");
  }

  void refuse(const Folder& folder, const Entry& entry, std::string what, std::string remedy) {
    const std::string shown = folder.shown + show_file(entry.file);
    const bool named = is_container_name(entry.name);
    const bool container = folder.kind == Kind::container && named;
    problem(shown, std::move(what), std::move(remedy), container ? entry.name : "");
    if (container) snapshot_.refused_containers[entry.name] = shown;
    if (folder.kind == Kind::network && named) snapshot_.refused_networks[entry.name] = shown;
  }

  void refuse_error(const Folder& folder, const Entry& entry, const Error& error) {
    const std::string path = folder.root + "/" + folder.path + "/" + entry.file;
    struct stat status{};
    // Gone between the listing and the opening: as if it had been removed a moment before.
    if (error.code == ENOENT && ::lstat(path.c_str(), &status) != 0) return;
    refuse(folder, entry, "the file is not taken: " + error.message(), "");
  }

  std::vector<File>& files(Kind kind) {
    if (kind == Kind::network) return snapshot_.networks;
    return kind == Kind::host ? snapshot_.host : snapshot_.containers;
  }

  Snapshot& snapshot_;
  bool trusted_;
  std::size_t bytes_ = 0;
};

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

// containers/, networks/ and berthd.toml below one directory.
bool take_tree(Taker& taker, const std::string& root, const std::string& path,
               const std::string& shown) {
  const bool found = taker.take_directory({root, path + "/containers", shown + "containers/"});
  taker.take_directory({root, path + "/networks", shown + "networks/", Kind::network});
  if (exists(root + "/" + path + "/berthd.toml")) {
    taker.take_file({root, path, shown, Kind::host}, *definition_entry("berthd.toml"));
  }
  return found;
}

// What a name on a command line stands for: its directory, and the way there as it was given.
class Named {
 public:
  Named(Snapshot& snapshot, Taker& taker) : snapshot_(snapshot), taker_(taker) {}

  void take(const std::string& argument) {
    const std::string path = without_slashes(argument);
    if (!exists(path)) {
      taker_.problem(show_file(argument), "there is no such file or directory", "");
    } else if (!is_directory(path)) {
      take_file(path);
    } else if (is_directory(path + "/etc/berth")) {
      take_whole(path + "/etc/berth");
    } else if (is_directory(path + "/containers")) {
      take_whole(path);
    } else {
      taker_.take_directory({"", absolute(path), path + "/", kind_of_directory(path)});
      note_neighbours(path);
    }
  }

 private:
  void take_whole(const std::string& path) { take_tree(taker_, "", absolute(path), path + "/"); }

  void take_file(const std::string& path) {
    const std::string directory = parent_of(path);
    const std::string file = last_of(path);
    const auto entry = definition_entry(file);
    if (!entry) {
      taker_.problem(show_file(path), "the file does not end in .toml, .yaml or .yml", "");
      return;
    }
    const std::string shown = path.substr(0, path.size() - file.size());
    const Kind kind = file == "berthd.toml" ? Kind::host : kind_of_directory(directory);
    taker_.take_file({"", absolute(directory), shown, kind}, *entry);
    note_neighbours(directory);
    const Folder folder{"", absolute(directory), shown, kind};
    if (const auto opened = open_path("", folder.path, false)) {
      note_names(*opened, folder,
                 kind == Kind::network ? snapshot_.neighbour_networks : snapshot_.neighbours);
    }
  }

  // containers/ and networks/ stand beside each other, and refer to each other.
  void note_neighbours(const std::string& directory) {
    const std::string above = absolute(directory) + "/..";
    const std::string own = last_of(absolute(directory));
    if (own != "containers" && own != "networks") return;
    const bool networks = own == "containers";
    const Folder folder{"", above + (networks ? "/networks" : "/containers"), ""};
    const auto opened = open_path("", folder.path, false);
    if (!opened) return;
    note_names(*opened, folder, networks ? snapshot_.neighbour_networks : snapshot_.neighbours);
  }

  void note_names(const unique_fd& directory, const Folder& folder, std::set<std::string>& names) {
    Snapshot ignored;
    Taker lister(ignored, false);
    const auto entries = lister.list(directory, folder);
    if (!entries) return;
    for (const Entry& entry : *entries) names.insert(entry.name);
  }

  static Kind kind_of_directory(const std::string& directory) {
    return last_of(absolute(directory)) == "networks" ? Kind::network : Kind::container;
  }

  static std::string absolute(const std::string& path) {
    std::array<char, PATH_MAX> real{};
    return ::realpath(path.c_str(), real.data()) == nullptr ? path : std::string(real.data());
  }

  Snapshot& snapshot_;
  Taker& taker_;
};

}  // namespace

Snapshot snapshot(const Paths& paths, bool trusted_only) {
  Snapshot snapshot;
  Taker taker(snapshot, trusted_only);
  snapshot.missing_directory = !take_tree(taker, paths.root, "etc/berth", "");
  return snapshot;
}

Snapshot snapshot_of(const std::vector<std::string>& files_and_directories) {
  Snapshot snapshot;
  Taker taker(snapshot, false);
  Named named(snapshot, taker);
  for (const std::string& argument : files_and_directories) named.take(argument);
  return snapshot;
}

}  // namespace berth::definition
