// berth start, stop, restart: ask the daemon, then wait for what was asked.
#include <map>

#include "supervisor/cli/command.h"
#include "supervisor/cli/queries.h"
#include "supervisor/cli/waiting.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

using control::Client;
using control::Selection;

constexpr std::chrono::seconds kTimeout{60};

struct Deed {
  Goal goal;
  Result<std::string> (Client::*call)(const Selection&);
  const char* done;  // "started"
};
constexpr Deed kStart{Goal::up, &Client::start, "started"};
constexpr Deed kStop{Goal::down, &Client::stop, "stopped"};
constexpr Deed kRestart{Goal::up_again, &Client::restart, "restarted"};

class Operate : public Command {
 public:
  explicit Operate(const Deed& deed) : deed_(deed) {}

  void declare(Options& options) override {
    options.arguments("NAME", selection_.names, "containers");
    options.option("-g,--group", selection_.groups, "all containers of a group; may be repeated");
    options.flag("--no-wait", no_wait_, "return when berthd has taken the order");
    options.option("--timeout", timeout_, "how long to wait (60s)");
    options.output(json_);
    options.footer(
        deed_.goal == Goal::down
            ? "Waits until the containers are down. Those that depend on them with restart = true\n"
              "are stopped first; others run on. A stopped container stays down until it, or one\n"
              "that depends on it, is started; with restart.policy = \"unless-stopped\" also over\n"
              "a reboot."
            : "Starts what they depend on, too. Waits until services are ready and oneshots have\n"
              "completed. Fails, saying why, when one of them fails or is not there in time;\n"
              "berthd goes on trying all the same.");
  }

  Result<int> run(const Context& context) override {
    if (selection_.names.empty() && selection_.groups.empty()) {
      complain("berth: name a container, or a group with --group\n");
      return kUsage;
    }
    Client client = TRY(Client::connect(context.paths));
    if (!no_wait_) TRY(client.subscribe());
    for (auto& status : TRY(fetch_list(client))) {
      const std::string name = status.name;
      pending_[name].before = std::move(status);
    }
    TRY(refuse_bad());
    const std::string answer = TRY((client.*deed_.call)(selection_));
    const auto names = TRY(control::parse_names(answer));
    std::map<std::string, Watched> chosen;
    for (const std::string& name : names) chosen[name] = std::move(pending_[name]);
    pending_ = std::move(chosen);
    if (!no_wait_ && !TRY(wait(client))) return kError;
    if (json_) {
      print(control::indented(answer) + "\n");
    } else if (context.out.is_terminal) {
      print(joined(names, ", ") + ": " + (no_wait_ ? "asked for" : deed_.done) + "\n");
    }
    return kDone;
  }

 private:
  // Containers that are known by a bad definition alone: it says more than "there is none".
  [[nodiscard]] Result<void> refuse_bad() const {
    for (const std::string& name : selection_.names) {
      const auto found = pending_.find(name);
      if (found == pending_.end()) continue;
      const control::ContainerStatus& status = found->second.before;
      if (status.desired || status.phase != "absent") continue;
      if (!status.masked.empty()) return fail("\"" + name + "\" is masked by " + status.masked);
      if (status.error.empty()) continue;
      return fail("the definition of \"" + name + "\" is bad: " + status.error);
    }
    return {};
  }

  // Looks at each pending container once, then at those that events tell of. False: one of them
  // did not get there.
  Result<bool> wait(Client& client) {
    const Instant until = BootClock::now() + timeout_.value_or(kTimeout);
    std::vector<std::string> names;
    for (const auto& [name, watched] : pending_) names.push_back(name);
    for (const std::string& name : names) TRY(look_at(client, name));
    while (!pending_.empty()) {
      const Duration left = std::max(until - BootClock::now(), Duration(0));
      const auto document = TRY(client.next_event(left));
      if (!document) {
        TRY(say_late(client));
        return false;
      }
      const auto event = TRY(control::parse_event(*document));
      const auto found = pending_.find(event.container);
      if (found == pending_.end()) continue;
      found->second.moved = found->second.moved || event.kind == "phase";
      TRY(look_at(client, event.container));
    }
    return !missed_;
  }

  Result<void> look_at(Client& client, const std::string& name) {
    const auto status = TRY(fetch_status(client, name));
    const Verdict verdict = judge(deed_.goal, pending_.at(name), status);
    if (verdict.kind == Verdict::Kind::not_yet) return {};
    if (verdict.kind == Verdict::Kind::missed) {
      complain("berth: " + name + ": " + escaped(verdict.why) + "\n");
      missed_ = true;
    }
    pending_.erase(name);
    return {};
  }

  Result<void> say_late(Client& client) {
    for (const auto& [name, watched] : pending_) {
      const auto status = TRY(fetch_status(client, name));
      complain("berth: " + name + ": not " + deed_.done + " in time; it is " +
               (status ? escaped(plight(*status)) : "not known any more") + "\n");
    }
    return {};
  }

  const Deed& deed_;
  Selection selection_;
  bool no_wait_ = false;
  bool json_ = false;
  std::optional<Duration> timeout_;
  std::map<std::string, Watched> pending_;
  bool missed_ = false;
};

}  // namespace

CommandPtr make_start() { return std::make_unique<Operate>(kStart); }
CommandPtr make_stop() { return std::make_unique<Operate>(kStop); }
CommandPtr make_restart() { return std::make_unique<Operate>(kRestart); }

}  // namespace berth::cli
