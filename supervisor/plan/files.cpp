#include "supervisor/plan/files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "supervisor/model/references.h"

namespace berth::planning {

namespace {

using Kind = FileReference::Kind;

// "web.toml:3:13: env_file[0]: /etc/berth/env/web.env: No such file or directory"
std::string sentence(const ContainerSpec& spec, const FileReference& reference,
                     const std::string& problem) {
  const std::string place = format(where_of(spec, reference.key));
  return (place.empty() ? "" : place + ": ") + reference.key + ": " + reference.path + ": " +
         problem;
}

std::string_view key_of(Kind kind) {
  switch (kind) {
    case Kind::env_file: return "env_file";
    case Kind::secret: return "secrets";
    case Kind::watched: return "update.watch";
  }
  return "";
}

Cost cost_of(Kind kind, const ContainerSpec& spec) {
  return kind == Kind::watched && spec.update.reload ? Cost::reload : Cost::restart;
}

// The last start had another content. One that has not been told (a forecast's) differs from none.
bool is_changed(const Digests& before, const std::string& path, const FileState& now) {
  const auto found = before.find(path);
  return found != before.end() && now.error.empty() && !now.digest.empty() &&
         found->second != now.digest;
}

}  // namespace

void compare_files(Node& node, const Files& files) {
  const ContainerSpec& spec = node.spec();
  for (const FileReference& reference : file_references(spec)) {
    const auto found = files.find(reference.path);
    if (found == files.end()) {
      if (reference.needed() && node.lacks.empty()) {
        node.lacks = sentence(spec, reference, "it has not been read yet");
      }
      continue;
    }
    const FileState& now = found->second;
    if (!now.error.empty()) {
      const std::string problem = sentence(spec, reference, now.error);
      if (reference.needed() && node.lacks.empty()) node.lacks = problem;
      if (node.misses.empty()) node.misses = problem + "; it runs on as it is";
    } else if (is_changed(node.observed->files, reference.path, now)) {
      KeyChange change{std::string(key_of(reference.kind)), reference.path,
                       std::string(kContentChanged), cost_of(reference.kind, spec), Part::process};
      node.content.push_back({std::move(change), reference.path, now.digest});
    }
  }
}

Digests digests_of(const ContainerSpec& spec, const Files& files) {
  Digests digests;
  if (!refers_to_files(spec)) return digests;
  for (const FileReference& reference : file_references(spec)) {
    const auto found = files.find(reference.path);
    if (found == files.end() || !found->second.error.empty()) continue;
    digests[reference.path] = found->second.digest;
  }
  return digests;
}

bool differ(const Digests& before, const Digests& after) {
  return std::ranges::any_of(before, [&](const auto& entry) {
    const auto found = after.find(entry.first);
    return found != after.end() && !found->second.empty() && found->second != entry.second;
  });
}

void adopt_files(ObservedContainer& container, const Files& files) {
  if (!container.running() || !container.spec) return;
  for (const std::string& path : container.spec->update.watch) {
    const auto found = files.find(path);
    if (found != files.end()) container.files.emplace(path, found->second.digest);
  }
}

void plan_files(PlanBuilder& builder, const DesiredState& desired, const ObservedState& observed) {
  std::set<std::string> paths;
  if (!desired.shutting_down) {
    for (const auto& [name, spec] : desired.containers) {
      if (!refers_to_files(*spec)) continue;
      for (FileReference& reference : file_references(*spec)) {
        paths.insert(std::move(reference.path));
      }
    }
  }
  if (paths == observed.watched) return;
  const std::string reason =
      desired.shutting_down ? "berthd stops" : "the files of the definitions are others";
  builder.add(Stage::files, 0, Action{"", action::WatchFiles{std::move(paths)}, reason, {}});
}

}  // namespace berth::planning
