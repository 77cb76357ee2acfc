// KernelHost: what definitions refer to outside of their containers, files and hooks.
#include <memory>
#include <utility>

#include "supervisor/kernel/process.h"
#include "supervisor/model/references.h"
#include "supervisor/runtime/env_file.h"
#include "supervisor/runtime/kernel_host.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {

namespace {

using Kind = FileReference::Kind;

std::string describe_end(const std::optional<ExitStatus>& status) {
  if (!status) return "not-started";
  if (status->oom_killed) return "oom-killed";
  switch (status->kind) {
    case ExitStatus::Kind::exited: return "exited";
    case ExitStatus::Kind::signaled: return "signaled";
    case ExitStatus::Kind::unknown: return "unknown";
  }
  return "unknown";
}

Hook hook_of(const SpecPtr& spec, const std::string& name) {
  return {spec, "hooks." + name, {{"BERTH_CONTAINER", spec->name}, {"BERTH_HOOK", name}}};
}

}  // namespace

// The definition, with the variables of its files below its own.
SpecPtr KernelHost::Start::with_variables() const {
  if (variables.empty()) return spec;
  auto complete = std::make_shared<ContainerSpec>(*spec);
  complete->environment.insert(variables.begin(), variables.end());
  return complete;
}

void KernelHost::carry_out(const Action&, const action::WatchFiles& deed) {
  files_.watch(deed.paths, BootClock::now());
}

void KernelHost::carry_out(const Action& action, const action::Reload& deed) {
  const auto found = launches_.find(deed.launch_id);
  if (found == launches_.end()) return;  // its exit has been told
  const auto sent = kernel::send_signal(found->second.pidfd.get(), deed.signal.number);
  if (!sent && sent.error().code != ESRCH) fail(action, sent.error());
}

void KernelHost::read_files(const StartPtr& start) {
  if (!refers_to_files(*start->spec)) return run_pre_start(start);
  files_.read(file_references(*start->spec), BootClock::now(),
              [this, start](const std::vector<FoundFile>& found) {
                if (auto taken = take_files(*start, found); !taken) {
                  return fail(start->action, taken.error());
                }
                run_pre_start(start);
              });
}

Result<void> KernelHost::take_files(Start& start, const std::vector<FoundFile>& found) {
  for (const FoundFile& file : found) {
    const FileReference& reference = file.reference;
    if (reference.needed() && !file.state.error.empty()) {
      return std::unexpected(
          error_at(*start.spec, reference.key, reference.path + ": " + file.state.error));
    }
    if (file.answered) start.digests[reference.path] = file.state.digest;
    if (reference.kind != Kind::env_file) continue;
    auto variables = parse_env_file(file.content, reference.path);
    if (!variables) {
      return std::unexpected(error_at(*start.spec, reference.key, variables.error().message()));
    }
    for (auto& [name, value] : *variables) start.variables[name] = std::move(value);
  }
  return {};
}

// From here on post_stop will run, whatever comes of the launch.
void KernelHost::run_pre_start(const StartPtr& start) {
  ends_[start->launch_id] = {start->spec, std::nullopt};
  if (start->spec->hooks.pre_start.empty()) return launch(start);
  hooks_.run(hook_of(start->spec, "pre_start"), next_probe_id_++,
             [this, start](const std::optional<Error>& error) {
               if (error) return fail(start->action, *error);
               launch(start);
             });
}

void KernelHost::run_post_stop(const Action& action, std::uint64_t launch_id) {
  const auto ended = ends_.extract(launch_id);
  event::CleanedUp cleaned{action.subject, launch_id, {}};
  if (!ended || ended.mapped().spec->hooks.post_stop.empty()) {
    return wiring_.emit(std::move(cleaned));
  }
  const LaunchEnd& end = ended.mapped();
  Hook hook = hook_of(end.spec, "post_stop");
  hook.environment["BERTH_RESULT"] = describe_end(end.status);
  if (end.status && end.status->kind == ExitStatus::Kind::exited) {
    hook.environment["BERTH_EXIT_CODE"] = std::to_string(end.status->code);
  }
  if (end.status && end.status->kind == ExitStatus::Kind::signaled) {
    hook.environment["BERTH_EXIT_SIGNAL"] = format_signal(Signal{end.status->code});
  }
  hooks_.run(std::move(hook), next_probe_id_++,
             [this, cleaned](const std::optional<Error>& error) mutable {
               if (error) cleaned.complaint = error->message();
               wiring_.emit(std::move(cleaned));
             });
}

}  // namespace berth::runtime
