// The root file system of a container as a list of overlays: what lies below, where the
// container's own changes go, and where each is mounted.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"

namespace berth::storage {

struct Overlay {
  std::string target;  // below the root, without a leading slash; empty: the root itself
  std::string lower;   // absolute; never written to
  std::string upper;   // the container's changes; its own mode is the mounted directory's
  std::string work;    // overlayfs's own, on the same file system as upper
  std::string key;     // the definition's key that asked for `lower`
  bool operator==(const Overlay&) const = default;
};

// In the order in which they are mounted. `host_template` is the skeleton's directory, used when
// the container asks for template "host".
std::vector<Overlay> root_plan(const ContainerSpec& spec, const Paths& paths,
                               const std::string& host_template);

// Every directory that root_plan may use for a container: what removing its root removes.
std::vector<std::string> writable_directories(const Paths& paths, const std::string& container);

}  // namespace berth::storage
