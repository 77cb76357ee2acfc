// From a directory of definition files to specs: read, parse, decode, validate. In three steps, so
// that the first alone touches the file system:
//
//   snapshot(paths)  -> the bytes of every file that counts, and what is wrong with the others
//   load(snapshot)   -> specs with source positions, and every mistake            (pure)
//   accept(set, previous) -> what shall run: good files as they are now, a bad file's container
//                            as it was last good                                  (pure)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "supervisor/definition/layers.h"
#include "supervisor/model/diagnostic.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

struct Cache;  // cache.h

// The bytes of a file; copies share them.
class Content {
 public:
  Content(std::string text = "") : text_(std::make_shared<const std::string>(std::move(text))) {}
  Content(const char* text) : Content(std::string(text)) {}
  explicit Content(std::shared_ptr<const std::string> text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& text() const { return *text_; }
  [[nodiscard]] const std::shared_ptr<const std::string>& shared() const { return text_; }
  operator const std::string&() const { return *text_; }
  operator std::string_view() const { return *text_; }
  bool operator==(const Content& other) const {
    return text_ == other.text_ || *text_ == *other.text_;
  }
  friend bool operator==(const Content& content, const char* text) {
    return *content.text_ == text;
  }

 private:
  std::shared_ptr<const std::string> text_;
};

struct File {
  std::string path;  // as shown in diagnostics: relative to the directory's parent where possible
  std::string name;  // the stem: the container's or network's name; of a drop-in: "10-more.toml"
  Format format = Format::toml;
  Content content;
  std::vector<File> drop_ins;  // to be merged over it, in this order; they have none themselves
  std::string origin;          // the file's path on this host
  bool operator==(const File&) const = default;
};

struct Snapshot {
  std::vector<File> containers;
  std::vector<File> networks;
  std::vector<File> host;  // none or one
  // Files that could not be taken: not a regular file, writable by others, too large, twice the
  // same name; and the names of such containers and networks, with their paths.
  std::vector<Diagnostic> problems;
  std::map<std::string, std::string> refused_containers;
  std::map<std::string, std::string> refused_networks;
  bool refused_host = false;
  // Names that a symlink to /dev/null takes away, and the link's path on this host.
  std::map<std::string, std::string> masked_containers;
  std::map<std::string, std::string> masked_networks;
  // Definitions that were not asked for but stand beside those that were: they may be referred to.
  std::set<std::string> neighbours;
  std::set<std::string> neighbour_networks;
  // etc/berth/containers does not exist (not: "is empty"), or cannot be read or trusted; then
  // `problems` says so.
  bool missing_directory = false;
  // Other directories that are there and could not be read, as their files are shown
  // ("networks/"): what was taken from them before is not gone.
  std::vector<std::string> unread;
  // Something changed while it was being read: files may be of different moments.
  bool torn = false;
};

// Never blocks on a FIFO or device, never follows a swapped file (opened once, O_NOFOLLOW but for
// a symlink that root owns, checked and read from the descriptor), never reads more than 1 MiB.
// With `trusted_only`, a file or a directory above it (up to the root directory) that others than
// root can write is a problem; berthd sets it, `berth check` does not. A file that is the same by
// its inode, size and times as in `cache` is not read again.
Snapshot snapshot(const Paths& paths, bool trusted_only, Cache* cache = nullptr);
// Files (paths on this host) that were being written while they were read, and may be half there or
// not there at all: the names that they belong to are refused without a word, to be kept as they
// were.
void hold_back(Snapshot& snapshot, const Paths& paths, const std::set<std::string>& files);
// The same for files and directories named on a command line (`berth check FILE|DIR...`): a file
// of a container, one below networks/, or berthd.toml, each with its drop-ins; a directory of such
// files; a directory with containers/ and networks/ in it; or one with etc/berth/ (and the other
// layers). Paths are shown as they were given.
Snapshot snapshot_of(const std::vector<std::string>& files_and_directories);

struct LoadedSet {
  std::map<std::string, std::shared_ptr<const ContainerSpec>> containers;  // the good ones
  std::map<std::string, std::shared_ptr<const NetworkSpec>> networks;      // with "default"
  HostSpec host;
  std::vector<Diagnostic> problems;        // every one of them, sorted by file, line, column
  std::map<std::string, std::string> bad;  // names that have a file, but no good one: its path
  // For accept, which weighs the set anew against what runs: files that are right by themselves
  // but do not fit the set (they are in `bad`, too), and the problems of single files.
  std::map<std::string, std::shared_ptr<const ContainerSpec>> unfit;
  std::map<std::string, std::string> bad_networks;
  std::vector<Diagnostic> file_problems;
  bool missing_directory = false;
  std::vector<std::string> unread;            // as in Snapshot
  std::map<std::string, std::string> masked;  // containers, as in Snapshot
  bool host_failed = false;  // berthd.toml is there, and bad: `host` is not what was meant
  bool as_one = false;       // apply = "set": one error holds everything back
};

// `in_force`: the host settings that a running daemon began with. The default network is made from
// them, so that an edited or broken berthd.toml moves no container before the next start.
// What is in `cache` is neither parsed nor decoded again, and its spec is the same object.
LoadedSet load(const Snapshot& snapshot, const HostSpec* in_force = nullptr,
               Cache* cache = nullptr);

struct AcceptedSet {
  // apply = "set", and `problems` has an error: everything is as it was before.
  bool held_back = false;
  std::map<std::string, std::shared_ptr<const ContainerSpec>> containers;
  std::map<std::string, std::shared_ptr<const NetworkSpec>> networks;
  std::vector<Diagnostic> problems;
  std::map<std::string, std::string> masked;  // containers that files take away, and the links
};

// A container whose new file is bad, or whose new definition does not fit the rest of the set
// (missing dependency, cycle, port or address taken), keeps its definition of `previous`; without
// one it is not there. Where the first layer's directory vanished, all that came from it keeps its
// definition, and other layers are followed. Specs that did not change keep their pointer. With
// apply = "set", any error keeps the whole of `previous`. Who had a port or an address before keeps
// it; a network whose file is gone stays as long as a container is attached to it.
AcceptedSet accept(const LoadedSet& set, const AcceptedSet& previous);

// False when files may be there that were not seen: a directory cannot be read, or one that
// `in_force` came from is not there.
bool saw_everything(const Snapshot& files, const AcceptedSet& in_force);

}  // namespace berth::definition
