// berth status: all about one container, or about the host.
#include "supervisor/cli/command.h"
#include "supervisor/cli/sheet.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

std::string container_sheet(const control::ContainerStatus& status, const Terminal& terminal) {
  Sheet sheet(terminal);
  sheet.line("name", status.name, Colour::bold);
  sheet.line("type", status.type);
  std::string phase = status.phase;
  if (status.completed) phase += " (completed)";
  if (status.intent == "stop") phase += " (by an operator)";
  if (status.next_start_in)
    phase += " (next start in " + std::to_string(*status.next_start_in) + "ms)";
  sheet.line("phase", phase, colour_of_phase(status.phase));
  sheet.line("error", status.error, Colour::red);
  if (status.definition_error != status.error) {
    sheet.line("definition error", status.definition_error, Colour::red);
  }
  if (!status.masked.empty()) sheet.line("masked", "by " + status.masked, Colour::yellow);
  sheet.line("waiting", status.waiting);
  std::string health = status.health == "none" ? "" : status.health;
  if (!status.health_message.empty() && !health.empty()) health += ": " + status.health_message;
  sheet.line("health", health, colour_of_health(status.health));
  if (status.pid) sheet.line("pid", std::to_string(*status.pid));
  if (status.uptime)
    sheet.line("since", status.since + " (" + short_duration(*status.uptime) + ")");
  sheet.line("restarts", std::to_string(status.restarts));
  sheet.line("last exit", status.last_exit);
  sheet.line("next run", shown_time(status.next_run));
  if (!status.suspended.empty()) {
    sheet.line("schedule", "suspended: " + status.suspended, Colour::yellow);
  }
  if (status.skipped_runs > 0) sheet.line("skipped", std::to_string(status.skipped_runs) + " runs");
  sheet.line("addresses", joined(status.addresses, ", "));
  sheet.line("ports", joined(status.ports, ", "));
  sheet.line("groups", joined(status.groups, ", "));
  for (const auto& [name, value] : status.labels) sheet.line("label", name + "=" + value);
  sheet.line("depends on", joined(status.depends_on, ", "));
  sheet.line("definition", status.file);
  sheet.line("generation", std::to_string(status.generation));
  return sheet.text();
}

std::string host_sheet(const control::HostStatus& host, const Terminal& terminal) {
  Sheet sheet(terminal);
  sheet.line("berthd", host.version + ", pid " + std::to_string(host.pid) +
                           (host.shutting_down ? ", stopping everything" : ""));
  sheet.line("root", host.root);
  sheet.line("generation",
             std::to_string(host.generation) + (host.pinned.empty() ? "" : ", ") + host.pinned);
  std::string counts = std::to_string(host.containers) + ", " + std::to_string(host.running) +
                       " running, " + std::to_string(host.with_error) + " with an error";
  sheet.line("containers", counts, host.with_error == 0 ? Colour::plain : Colour::red);
  for (const control::NetworkStatus& network : host.networks) {
    std::string text = network.name + ": " + network.state + ", " + network.subnet;
    if (!network.subnet6.empty()) text += ", " + network.subnet6;
    if (!network.bridge.empty()) text += " on " + network.bridge;
    if (!network.error.empty()) text += ": " + network.error;
    sheet.line("network", text, network.error.empty() ? Colour::plain : Colour::red);
  }
  sheet.line("packet rules", host.network_error, Colour::red);
  for (const std::string& notice : host.notices) sheet.line("notice", notice, Colour::yellow);
  std::string text = sheet.text();
  for (const Diagnostic& problem : host.problems) {
    const Colour colour = problem.severity == Severity::error ? Colour::red : Colour::yellow;
    text += terminal.paint(colour, escaped(format(problem))) + "\n";
  }
  return text;
}

class Status : public Command {
 public:
  void declare(Options& options) override {
    options.argument("NAME", name_, false, "a container; without it, the host");
    options.output(json_);
  }

  Result<int> run(const Context& context) override {
    auto client = TRY(control::Client::connect(context.paths));
    const std::string document = TRY(client.status(name_));
    if (json_) {
      print(control::indented(document) + "\n");
    } else if (name_.empty()) {
      print(host_sheet(TRY(control::parse_host(document)), context.out));
    } else {
      print(container_sheet(TRY(control::parse_status(document)), context.out));
    }
    return kDone;
  }

 private:
  std::string name_;
  bool json_ = false;
};

}  // namespace

CommandPtr make_status() { return std::make_unique<Status>(); }

}  // namespace berth::cli
