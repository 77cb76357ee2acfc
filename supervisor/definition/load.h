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
#include <vector>

#include "supervisor/model/diagnostic.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

enum class Format { toml, yaml };

struct File {
  std::string path;  // as shown in diagnostics: relative to the directory's parent where possible
  std::string name;  // the stem: the container's or network's name
  Format format = Format::toml;
  std::string content;
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
  // Definitions that were not asked for but stand beside those that were: they may be referred to.
  std::set<std::string> neighbours;
  std::set<std::string> neighbour_networks;
  // etc/berth/containers does not exist (not: "is empty"), or cannot be read or trusted; then
  // `problems` says so.
  bool missing_directory = false;
};

// Never blocks on a FIFO or device, never follows a swapped file (opened once, O_NOFOLLOW but for
// a symlink that root owns, checked and read from the descriptor), never reads more than 1 MiB.
// With `trusted_only`, a file or a directory above it (up to the root directory) that others than
// root can write is a problem; berthd sets it, `berth check` does not.
Snapshot snapshot(const Paths& paths, bool trusted_only);
// The same for files and directories named on a command line (`berth check FILE|DIR...`): a file
// of a container, one below networks/, or berthd.toml; a directory of such files; a directory with
// containers/ and networks/ in it; or one with etc/berth/. Paths are shown as they were given.
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
};

// `in_force`: the host settings that a running daemon began with. The default network is made from
// them, so that an edited or broken berthd.toml moves no container before the next start.
LoadedSet load(const Snapshot& snapshot, const HostSpec* in_force = nullptr);

struct AcceptedSet {
  std::map<std::string, std::shared_ptr<const ContainerSpec>> containers;
  std::map<std::string, std::shared_ptr<const NetworkSpec>> networks;
  std::vector<Diagnostic> problems;
};

// A container whose new file is bad, or whose new definition does not fit the rest of the set
// (missing dependency, cycle, port or address taken), keeps its definition of `previous`; without
// one it is not there. A directory that vanished keeps everything. Specs that did not change keep
// their pointer. Who had a port or an address before keeps it; a network whose file is gone stays
// as long as a container is attached to it.
AcceptedSet accept(const LoadedSet& set, const AcceptedSet& previous);

}  // namespace berth::definition
