#include "supervisor/runtime/identity_steps.h"

#include <map>
#include <string_view>

#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += '\0';
    out += parts[i];
  }
  return out;
}

// Where a program of this name may be. An empty or relative part of PATH would mean "wherever the
// working directory is", and is passed over.
std::vector<std::string> candidates(const std::string& program, std::string_view path) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find(':'));
    if (part.starts_with('/')) out.push_back(std::string(part) + "/" + program);
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return out;
}

void add_filter(Program& program, const ContainerSpec& spec, const Identity& identity) {
  const bool from_file = spec.security.seccomp.starts_with('/');
  if (identity.filter == nullptr && !from_file) return;
  program.from(origin_of(spec, "security.seccomp", spec.security.seccomp));
  program.add(Op::filter, {.text = from_file ? std::string_view() : *identity.filter});
}

}  // namespace

std::string environment_of(const ContainerSpec& spec) {
  std::map<std::string, std::string> variables = {
      {"PATH", std::string(kDefaultPath)},
      {"HOSTNAME", spec.hostname.empty() ? spec.name : spec.hostname},
      {"container", "berth"}};
  // Nobody looks at the console but through the log: no colours, no cursor movements.
  if (spec.boots()) variables["TERM"] = "dumb";
  if (spec.healthcheck.notify) variables["NOTIFY_SOCKET"] = "/run/host/notify";
  for (const auto& [name, value] : spec.environment) variables[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return join(entries);
}

Result<Identity> identity_of(const ContainerSpec& spec, const HostFacts& facts,
                             SeccompFilters& filters, const std::string& key,
                             const std::vector<std::string>& argv) {
  Identity identity;
  identity.resources = TRY(resource_limits(spec, facts));
  identity.capabilities = TRY(capabilities_of(spec, facts));
  if (spec.security.seccomp == "default") {
    identity.filter = TRY(filters.get(identity.capabilities.granted));
  }
  if (argv.empty() || argv.front().empty()) {
    return std::unexpected(error_at(spec, key, "there is no program to run"));
  }
  const auto path = spec.environment.find("PATH");
  identity.paths = join(candidates(argv.front(), path == spec.environment.end()
                                                     ? kDefaultPath
                                                     : std::string_view(path->second)));
  if (identity.paths.empty()) {
    return std::unexpected(error_at(spec, "environment.PATH", "it has no absolute directory"));
  }
  identity.arguments = join(argv);
  identity.environment = environment_of(spec);
  return identity;
}

void add_profile(Program& program, const ContainerSpec& spec) {
  if (!spec.security.seccomp.starts_with('/')) return;
  program.from(origin_of(spec, "security.seccomp", spec.security.seccomp));
  program.add(Op::load_filter, {.text = spec.security.seccomp});
}

void add_resources(Program& program, const ContainerSpec& spec, const Identity& identity) {
  // The launcher's own score protects it from the OOM killer; a container's process is like any
  // other. Lowering a score takes CAP_SYS_RESOURCE, and a higher one does no harm.
  program.from({"set the OOM score", "", 0, 0});
  program.add(Op::score_adjust, {.value = 0, .flags = handoff::kTolerateAll});
  for (const ResourceLimit& limit : identity.resources) {
    program.from(origin_of(spec, limit.key));
    program.add(Op::set_rlimit, {.fd = limit.resource, .value = limit.soft, .value2 = limit.hard});
  }
}

void add_user_lookup(Program& program, const ContainerSpec& spec) {
  program.from(origin_of(spec, "user", spec.user));
  program.add(Op::find_user, {.text = spec.user});
}

void add_identity(Program& program, const ContainerSpec& spec, const Identity& identity,
                  const std::string& key, const std::string& command) {
  program.from({"begin a session", "", 0, 0});
  program.add(Op::new_session, {});
  program.add(Op::set_umask, {.value = 0022});
  program.from(origin_of(spec, "working_dir", spec.working_dir));
  program.add(Op::work_dir, {.text = spec.working_dir});
  program.from({"close what was inherited", "", 0, 0});
  program.add(Op::close_from, {.value = 3});
  program.add(Op::reset_signals, {});
  // Installing a filter takes no_new_privs or CAP_SYS_ADMIN: without the first it must come while
  // the second is still there, and then the steps behind it are calls that it allows.
  if (!spec.security.no_new_privs) add_filter(program, spec, identity);
  program.from({"set user and capabilities", "", 0, 0});
  program.add(Op::bound_caps, {.value = identity.capabilities.granted});
  program.add(Op::set_user, {});
  program.add(Op::set_caps,
              {.value = identity.capabilities.granted, .value2 = identity.capabilities.ambient});
  if (spec.security.no_new_privs) {
    program.add(Op::no_new_privs, {});
    add_filter(program, spec, identity);
  }
  program.from(origin_of(spec, key, command));
  program.add(Op::execute, {.text = identity.paths, .text2 = identity.arguments});
}

}  // namespace berth::runtime
