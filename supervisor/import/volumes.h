// Volumes as docker and podman write them: "source:target[:options]", and tmpfs with options.
#pragma once

#include <string>

#include "supervisor/import/product.h"

namespace berth::importing {

struct VolumeTarget {
  std::string type;  // bind | volume
  std::string source;
};

struct VolumeText {
  std::string type;
  std::string source;
  std::string target;  // empty: it has been reported
  bool read_only = false;
  bool named = false;  // the source is the name of a volume
};

// Of the container that it belongs to, for a volume without a name.
VolumeText take_volume_text(const Node& node, const std::string& container, Product& product);
// The name for a volume that has none.
std::string anonymous_volume(const std::string& container, const std::string& target);
// A path of the host, which may be relative or begin with "~"; what is special is reported.
VolumeTarget host_directory(const Node& node, Product& product);
VolumeTarget host_directory(const Node& node, const std::string& path, Product& product);
// Whether a volume of the local driver is a directory of the host in truth: its options have
// "bind".
bool is_bound(const std::string& options);
// The options and the type of such a volume: what has no counterpart is reported.
void take_bound_option(const Node& node, Ledger& ledger);
// "/run", "/run:size=64m,mode=1777".
void take_tmpfs_text(const Node& node, Draft& draft, Ledger& ledger);

}  // namespace berth::importing
