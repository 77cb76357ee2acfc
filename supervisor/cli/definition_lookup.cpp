#include "supervisor/cli/definition_lookup.h"

#include <algorithm>

#include "supervisor/base/nearest.h"

namespace berth::cli {

namespace {

using definition::File;
using definition::Snapshot;

const std::vector<File>& files_of(const Snapshot& snapshot, DefinitionKind kind) {
  if (kind == DefinitionKind::network) return snapshot.networks;
  return kind == DefinitionKind::host ? snapshot.host : snapshot.containers;
}

// Why a name that has files is not defined by them.
std::string refusal(const Snapshot& snapshot, const std::string& path) {
  for (const Diagnostic& problem : snapshot.problems) {
    if (problem.pos.file.starts_with(path) || path.starts_with(problem.pos.file)) {
      return format(problem);
    }
  }
  return path + " is not taken";
}

std::unexpected<Error> not_found(const Snapshot& snapshot, DefinitionKind kind,
                                 const std::string& name) {
  const auto& refused =
      kind == DefinitionKind::network ? snapshot.refused_networks : snapshot.refused_containers;
  if (const auto found = refused.find(name); found != refused.end()) {
    return fail(refusal(snapshot, found->second));
  }
  std::vector<std::string> names;
  for (const File& file : files_of(snapshot, kind)) names.push_back(file.name);
  const std::string_view near = nearest(name, names);
  const std::string what = kind == DefinitionKind::network ? "network" : "container";
  return fail("there is no definition of a " + what + " \"" + name + "\"" +
              (near.empty() ? "" : " (did you mean \"" + std::string(near) + "\"?)"));
}

}  // namespace

Result<FoundDefinition> find_definition(const Paths& paths, std::string name, bool network) {
  constexpr std::string_view kNetwork = "network/";
  FoundDefinition found;
  if (network) found.kind = DefinitionKind::network;
  if (!network && name.starts_with(kNetwork)) {
    found.kind = DefinitionKind::network;
    name.erase(0, kNetwork.size());
  } else if (!network && name == "berthd.toml") {
    found.kind = DefinitionKind::host;
  }
  const Snapshot snapshot = definition::snapshot(paths, false);
  if (found.kind == DefinitionKind::host) {
    if (snapshot.host.empty()) return fail("there is no berthd.toml; the defaults apply");
    found.file = snapshot.host.front();
    return found;
  }
  const auto& masked =
      found.kind == DefinitionKind::network ? snapshot.masked_networks : snapshot.masked_containers;
  if (const auto mask = masked.find(name); mask != masked.end()) {
    found.mask = mask->second;
    return found;
  }
  const auto& files = files_of(snapshot, found.kind);
  const auto file = std::ranges::find(files, name, &File::name);
  if (file == files.end()) return not_found(snapshot, found.kind, name);
  found.file = *file;
  return found;
}

}  // namespace berth::cli
