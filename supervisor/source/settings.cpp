#include "supervisor/source/settings.h"

#include "supervisor/base/trusted_open.h"
#include "supervisor/definition/load.h"

namespace berth::source {
namespace {

constexpr std::size_t kKeysBytesMax = 1 << 20;

// A path of berthd.toml is absolute; what lies below --root is looked at from there on.
Result<std::string> read_trusted(const Paths& paths, const std::string& path) {
  const bool below = !paths.root.empty() && path.starts_with(paths.root + "/");
  const std::string root = below ? paths.root : "";
  const std::string rest = path.substr(root.size());
  auto opened = open_path(root, rest, true);
  if (!opened) return std::unexpected(std::move(opened).error().within("cannot take " + path));
  auto content = read_regular(opened->fd, kKeysBytesMax);
  if (!content) return std::unexpected(std::move(content).error().within("cannot take " + path));
  return std::move(*content);
}

// "" when there is no such file.
Outcome<std::string> read_optional(const Paths& paths, const char* name) {
  auto content = read_trusted(paths, paths.root + "/etc/berth/source/" + name);
  if (content) return std::move(*content);
  if (content.error().code == ENOENT) return std::string();
  return failed(Problem::settings, content.error().message());
}

}  // namespace

Result<HostSpec> read_host(const Paths& paths) {
  definition::Snapshot all = definition::snapshot(paths, true);
  // The definitions beside it are not decoded: their mistakes are no matter of ours.
  definition::Snapshot snapshot;
  snapshot.host = std::move(all.host);
  snapshot.refused_host = all.refused_host;
  for (Diagnostic& problem : all.problems) {
    if (problem.pos.file.find("berthd.toml") != std::string::npos) {
      snapshot.problems.push_back(std::move(problem));
    }
  }
  definition::LoadedSet set = definition::load(snapshot);
  for (const Diagnostic& problem : set.problems) {
    if (problem.severity == Severity::error) return fail(format(problem));
  }
  if (set.host_failed) return fail("berthd.toml cannot be taken");
  return std::move(set.host);
}

Outcome<std::string> read_keys(const Paths& paths, const SourceSpec& source) {
  if (source.verify == VerifyMode::none) return std::string();
  const bool ssh = source.verify == VerifyMode::ssh_signatures;
  const std::string file =
      source.keys.empty() ? paths.root + "/etc/berth/" + (ssh ? "allowed_signers" : "keyring.gpg")
                          : source.keys;
  auto content = as(Problem::settings, read_trusted(paths, file));
  if (content && content->empty()) return failed(Problem::settings, file + " is empty");
  return content;
}

Outcome<SessionSettings> read_settings(const Paths& paths, const SourceSpec& source,
                                       std::string keys) {
  SessionSettings settings;
  settings.repository = TRY(as(Problem::settings, parse_repository(source.repository)));
  settings.ref = TRY(as(Problem::settings, parse_ref(source.ref)));
  settings.directory = TRY(as(Problem::settings, parse_directory(source.path)));
  settings.keys = std::move(keys);
  switch (source.verify) {
    case VerifyMode::ssh_signatures: settings.verifier = Verifier::ssh; break;
    case VerifyMode::gpg: settings.verifier = Verifier::gpg; break;
    case VerifyMode::none: settings.verifier = Verifier::none; break;
  }
  if (settings.repository.transport == Transport::ssh) {
    settings.ssh_key = TRY(read_optional(paths, "ssh_key"));
    settings.known_hosts = TRY(read_optional(paths, "known_hosts"));
  }
  if (settings.repository.transport == Transport::https) {
    settings.credentials = TRY(read_optional(paths, "credentials"));
  }
  return settings;
}

}  // namespace berth::source
