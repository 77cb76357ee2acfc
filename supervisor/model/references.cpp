#include "supervisor/model/references.h"

namespace berth {

namespace {

using Kind = FileReference::Kind;

void add_list(std::vector<FileReference>& references, Kind kind, const std::string& key,
              const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    references.push_back({kind, key + "[" + std::to_string(i) + "]", paths[i]});
  }
}

}  // namespace

std::vector<FileReference> file_references(const ContainerSpec& spec) {
  std::vector<FileReference> references;
  add_list(references, Kind::env_file, "env_file", spec.env_file);
  for (const auto& [name, path] : spec.secrets) {
    references.push_back({Kind::secret, "secrets." + name, path});
  }
  add_list(references, Kind::watched, "update.watch", spec.update.watch);
  return references;
}

}  // namespace berth
