// berth wait: until a container is in one of some phases.
#include <algorithm>

#include "supervisor/cli/command.h"
#include "supervisor/cli/queries.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/documents.h"
#include "supervisor/model/status.h"

namespace berth::cli {

namespace {

constexpr std::array kPhases{Phase::absent,      Phase::pulling,   Phase::creating, Phase::starting,
                             Phase::ready,       Phase::unhealthy, Phase::stopping, Phase::stopped,
                             Phase::backing_off, Phase::failed,    Phase::frozen};

// "completed" is no phase, but what one waits for with a oneshot.
constexpr std::string_view kCompleted = "completed";

std::vector<std::string> phase_names() {
  std::vector<std::string> names;
  for (const Phase phase : kPhases) names.emplace_back(name_of(phase));
  names.emplace_back(kCompleted);
  return names;
}

Result<std::vector<std::string>> parse_phases(const std::string& text) {
  const std::vector<std::string> known = phase_names();
  std::vector<std::string> phases;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string phase = text.substr(at, end - at);
    if (std::ranges::find(known, phase) == known.end()) {
      return fail("\"" + phase + "\" is not a phase (" + joined(known, ", ") + ")");
    }
    phases.push_back(phase);
    at = end + 1;
  }
  return phases;
}

class Wait : public Command {
 public:
  void declare(Options& options) override {
    options.argument("NAME", name_, true, "a container; it need not be known yet");
    options.option("--phase", phases_, "a phase, or several with commas (ready)");
    options.option("--timeout", timeout_, "how long to wait (without end)");
    options.output(json_);
    options.footer("Phases: " + joined(phase_names(), ", ") +
                   ".\n\"absent\" also means: not known. Exit code 1 when the time is over.");
  }

  Result<int> run(const Context& context) override {
    const auto phases = parse_phases(phases_);
    if (!phases) {
      complain("berth: " + escaped(phases.error().message()) + "\n");
      return kUsage;
    }
    std::optional<Instant> until;
    if (timeout_) until = BootClock::now() + *timeout_;
    auto client = TRY(control::Client::connect(context.paths));
    // Whatever happens after the look at the present state comes as an event.
    TRY(client.subscribe());
    auto status = TRY(fetch_status(client, name_));
    while (!in_phase(status, *phases)) {
      std::optional<Duration> left;
      if (until) left = std::max(*until - BootClock::now(), Duration(0));
      const auto document = TRY(client.next_event(left));
      if (!document) {
        return fail(name_ + " is not " + phases_ + " in time; it is " +
                    (status ? plight(*status) : "not known"));
      }
      const auto event = TRY(control::parse_event(*document));
      if (event.container != name_) continue;
      // The event's phase may be over by now: it counts all the same.
      if (event.kind == "phase" && std::ranges::find(*phases, event.phase) != phases->end()) break;
      status = TRY(fetch_status(client, name_));
    }
    if (json_) {
      const std::string document = TRY(client.status(name_));
      print(control::indented(document) + "\n");
    }
    return kDone;
  }

 private:
  static bool in_phase(const std::optional<control::ContainerStatus>& status,
                       const std::vector<std::string>& phases) {
    const auto asked = [&](std::string_view phase) {
      return std::ranges::find(phases, phase) != phases.end();
    };
    if (!status) return asked(name_of(Phase::absent));
    return asked(status->phase) || (status->completed && asked(kCompleted));
  }

  std::string name_;
  std::string phases_ = "ready";
  std::optional<Duration> timeout_;
  bool json_ = false;
};

}  // namespace

CommandPtr make_wait() { return std::make_unique<Wait>(); }

}  // namespace berth::cli
