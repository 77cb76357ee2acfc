// berth ps: one line a container.
#include "supervisor/cli/command.h"
#include "supervisor/cli/queries.h"
#include "supervisor/cli/table.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

// What is masked and not there any more: it is shown only when it is asked for.
bool only_masked(const control::ContainerStatus& status) {
  return !status.masked.empty() && !status.desired && status.phase == "absent";
}

// What is to be said of a container beyond its row, the worst first.
std::vector<std::string> lines_below(const control::ContainerStatus& status) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (!line.empty() && (lines.empty() || lines.back() != line)) lines.push_back(line);
  };
  add(status.error);
  add(status.definition_error);
  if (lines.empty()) add(status.waiting);
  if (!status.masked.empty()) add("masked by " + status.masked);
  if (!status.suspended.empty()) add("its schedule is suspended: " + status.suspended);
  if (lines.empty() && !status.next_run.empty()) add("next run " + shown_time(status.next_run));
  return lines;
}

Row row_of(const control::ContainerStatus& status) {
  Row row;
  row.cells = {{status.name, Colour::bold},
               {status.type},
               only_masked(status) ? Cell{"masked", Colour::dim}
                                   : Cell{status.phase, colour_of_phase(status.phase)},
               {status.pid ? std::to_string(*status.pid) : "-"},
               {status.health == "none" ? "-" : status.health, colour_of_health(status.health)},
               {std::to_string(status.restarts)},
               {status.uptime ? short_duration(*status.uptime) : "-"},
               {joined(status.addresses, ",")},
               {joined(status.ports, ",")}};
  row.further = lines_below(status);
  return row;
}

class Ps : public Command {
 public:
  void declare(Options& options) override {
    options.flag("-q,--quiet", quiet_, "names only, one a line");
    options.flag("-a,--all", all_, "also those that are masked");
    options.flag("-r,--running", running_, "only those that have a process");
    options.option("-g,--group", groups_, "only those of this group; may be repeated");
    options.output(json_);
    options.footer(
        "The line below a container says what is wrong with it.\n"
        "With -o json: an array of objects with name, type, phase, pid, restarts, exit_code,\n"
        "signal, oom_killed, health, addresses, ports, groups, generation, error and more.");
  }

  Result<int> run(const Context& context) override {
    auto client = TRY(control::Client::connect(context.paths));
    auto containers = TRY(fetch_list(client));
    std::erase_if(containers, [&](const auto& status) { return !wanted(status); });
    if (json_) {
      print(control::indented(control::list_document(containers)) + "\n");
      return kDone;
    }
    std::vector<Row> rows;
    std::string names;
    for (const auto& status : containers) {
      rows.push_back(row_of(status));
      names += status.name + "\n";
    }
    if (quiet_) {
      print(names);
      return kDone;
    }
    print(render(
        {"NAME", "TYPE", "PHASE", "PID", "HEALTH", "RESTARTS", "UPTIME", "ADDRESSES", "PORTS"},
        rows, context.out));
    const std::string document = TRY(client.status(""));
    const auto host = TRY(control::parse_host(document));
    if (!host.pinned.empty()) print(context.out.paint(Colour::yellow, host.pinned) + "\n");
    return kDone;
  }

 private:
  [[nodiscard]] bool wanted(const control::ContainerStatus& status) const {
    if (running_ && !status.pid) return false;
    if (!all_ && only_masked(status)) return false;
    if (groups_.empty()) return true;
    for (const std::string& group : status.groups) {
      for (const std::string& asked : groups_) {
        if (group == asked) return true;
      }
    }
    return false;
  }

  bool all_ = false;
  bool quiet_ = false;
  bool running_ = false;
  bool json_ = false;
  std::vector<std::string> groups_;
};

}  // namespace

CommandPtr make_ps() { return std::make_unique<Ps>(); }

}  // namespace berth::cli
