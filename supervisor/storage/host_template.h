// The template "host": a skeleton of directories, links and a copy of the host's harmless /etc
// files, which together with the host's /usr is enough of a root file system to run the host's
// programs without any image.
//
// A skeleton is built under a temporary name and renamed into place, so that a half-made one is
// never used, and is never changed afterwards: containers have it as a lower layer. When the
// host's files change, `version` does, and the next daemon builds another one.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "supervisor/handoff/program.h"
#include "supervisor/model/paths.h"

namespace berth::storage {

// What has to be known of the host to build it. A value, gathered once.
struct HostTemplate {
  std::map<std::string, std::string> links;  // "bin" -> "usr/bin": the merged /usr's links
  std::string problem;  // why this host cannot be a template; empty when it can
  std::string version;  // changes when what is copied changes
  bool operator==(const HostTemplate&) const = default;
};

// Names below /etc that are copied. Neither shadow files nor private keys are among them.
std::span<const std::string_view> copied_etc_entries();

// Looks at the host. Reads directories and links of the root file system only.
HostTemplate gather_host_template();

// Where the skeleton is, or will be: below Paths::templates().
std::string host_template_directory(const Paths& paths, const HostTemplate& host);

// Builds the skeleton; nothing happens when it is there already.
handoff::Program compile_host_template(const Paths& paths, const HostTemplate& host);

}  // namespace berth::storage
