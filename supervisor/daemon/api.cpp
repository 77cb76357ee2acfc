// The worker's answers to the calls of the D-Bus interface.
#include <unistd.h>

#include "supervisor/control/documents.h"
#include "supervisor/control/state_document.h"
#include "supervisor/daemon/worker.h"
#include "supervisor/plan/reconcile.h"
#include "supervisor/plan/start_request.h"

namespace berth::daemon {

control::StateView Worker::view() const {
  return control::StateView{.desired = desired_,
                            .observed = observed_,
                            .problems = definitions_.problems(),
                            .now = BootClock::now(),
                            .wall_now = wall_now(),
                            .masked = &definitions_.masked()};
}

std::string Worker::list() { return control::list_document(view()); }

control::CallResult<std::string> Worker::status(const std::string& name) {
  if (name.empty()) {
    control::HostFacts facts;
    facts.root = paths_.root;
    facts.pid = ::getppid();  // the keeper is the daemon's main process
    facts.pinned = definitions_.pinned();
    facts.notices = host_->warnings();
    for (const std::string& notice : definitions_.notices()) facts.notices.push_back(notice);
    if (!record_trouble_.empty()) facts.notices.push_back(record_trouble_);
    for (const auto& [container, seen] : observed_.containers) {
      const std::string trouble = logs_->trouble(container);
      if (!trouble.empty()) facts.notices.push_back(container + ": " + trouble);
    }
    if (!definition_watch_->trouble().empty())
      facts.notices.push_back(definition_watch_->trouble());
    return control::host_document(view(), facts);
  }
  auto document = control::status_document(view(), name);
  if (!document) return std::unexpected(control::no_such_container(desired_, observed_, name));
  return *std::move(document);
}

control::CallResult<std::string> Worker::plan() {
  std::vector<Diagnostic> problems;
  DesiredState desired = definitions_.preview(problems);
  desired.shutting_down = desired_.shutting_down;
  const std::vector<Action> actions = forecast(desired, observed_, BootClock::now());
  return control::plan_document(actions);
}

std::string Worker::state() {
  const runtime::HostFacts& host = host_->facts();
  control::StateFacts facts{
      .root = paths_.root,
      .settings = definitions_.host(),
      .capacity = {.memory = host.memory, .cpus = host.cpus, .controllers = {}}};
  for (const auto& [name, home] : host.controllers) facts.capacity.controllers.push_back(name);
  return control::state_document(view(), facts);
}

control::CallResult<std::vector<std::string>> Worker::select_for(
    const control::Selection& selection, bool also_leaving) const {
  if (desired_.shutting_down) {
    return std::unexpected(control::CallError{"ShuttingDown", "berthd is stopping"});
  }
  auto names = control::select(desired_, observed_, selection, also_leaving);
  if (names || names.error().name != "NoSuchContainer") return names;
  for (const std::string& name : selection.names) {
    const auto mask = definitions_.masked().find(name);
    if (mask == definitions_.masked().end() || desired_.containers.contains(name)) continue;
    return std::unexpected(
        control::CallError{"Masked", "\"" + name + "\" is masked by " + mask->second});
  }
  return names;
}

// What an operator was told is done holds whatever happens to this worker: it is recorded before
// the answer.
void Worker::obey(const Event& command) {
  apply(command);
  dirty_ = true;
}

template <class OperatorEvent>
control::CallResult<std::vector<std::string>> Worker::operate(const control::Selection& selection,
                                                              bool also_leaving) {
  auto names = select_for(selection, also_leaving);
  if (!names) return names;
  for (const std::string& name : *names) obey(OperatorEvent{name});
  keep_changes();
  return names;
}

control::CallResult<std::vector<std::string>> Worker::start(const control::Selection& selection) {
  auto names = select_for(selection, false);
  if (!names) return names;
  for (const std::string& name : *names) {
    for (std::string& each : start_request(desired_, observed_, name)) {
      obey(event::OperatorStart{std::move(each)});
    }
  }
  keep_changes();
  return names;
}

control::CallResult<std::vector<std::string>> Worker::stop(const control::Selection& selection) {
  return operate<event::OperatorStop>(selection, true);
}

control::CallResult<std::vector<std::string>> Worker::restart(const control::Selection& selection) {
  return operate<event::OperatorRestart>(selection, false);
}

}  // namespace berth::daemon
