// berth plan: what becomes of the containers when the definitions of a directory are taken up.
#include <algorithm>
#include <filesystem>
#include <tuple>

#include "supervisor/base/files.h"
#include "supervisor/cli/command.h"
#include "supervisor/cli/host_checks.h"
#include "supervisor/cli/plan_text.h"
#include "supervisor/cli/source_line.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"
#include "supervisor/plan/preflight.h"

namespace berth::cli {

namespace {

constexpr std::size_t kStateBytesMost = 256u << 20;

Result<SavedState> state_of(const Context& context, const std::string& file) {
  if (!file.empty()) {
    const std::string text = TRY(read_small_file(file, kStateBytesMost));
    auto state = parse_state(text);
    if (!state) return std::unexpected(std::move(state).error().within(file));
    return state;
  }
  auto client = TRY(control::Client::connect(context.paths));
  return parse_state(TRY(client.state()));
}

// While a generation is pinned this host's files are not taken up; empty when none is.
Result<std::string> pinned_to(const Context& context) {
  auto client = TRY(control::Client::connect(context.paths));
  const std::string document = TRY(client.status(""));
  const auto host = TRY(control::parse_host(document));
  return host.pinned;
}

Result<definition::Snapshot> files_of(const Context& context, const std::string& directory) {
  if (directory.empty()) return definition::snapshot(context.paths, /*trusted_only=*/true);
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure)) {
    return fail(directory + " is no directory");
  }
  definition::Snapshot files = definition::snapshot_of({directory});
  // Nothing at all is more often the wrong directory than the wish to remove everything.
  if (files.containers.empty() && files.networks.empty() && files.problems.empty() &&
      !std::filesystem::is_directory(directory + "/containers", failure)) {
    return fail(directory + " has no definitions in it, nor a directory containers");
  }
  return files;
}

std::string_view content_of(const definition::Snapshot& files, const std::string& path) {
  for (const auto* group : {&files.containers, &files.networks, &files.host}) {
    for (const definition::File& file : *group) {
      if (file.path == path) return file.content;
    }
  }
  return {};
}

void add(std::vector<Diagnostic>& problems, std::vector<Diagnostic> more) {
  problems.insert(problems.end(), more.begin(), more.end());
}

void sort_by_place(std::vector<Diagnostic>& problems) {
  std::ranges::stable_sort(problems, {}, [](const Diagnostic& problem) {
    return std::tie(problem.pos.file, problem.pos.line, problem.pos.column);
  });
}

class PlanCommand : public Command {
 public:
  void declare(Options& options) override {
    options.argument("DIR", directory_, false,
                     "a directory of definitions, such as a checkout; without it, this host's");
    options.option("--no-daemon", state_file_,
                   "compare with this state, that berth state -o json printed, and not with "
                   "berthd's: needs neither berthd nor root");
    options.flag("-v,--verbose,-a,--all", verbose_, "also each step, in order");
    options.output(json_);
    options.footer(
        "Nothing is changed. Shown is what berthd does when it takes these definitions up: what "
        "is\n"
        "created, updated live, reloaded, restarted, recreated, stopped and removed, which keys\n"
        "are the reason (old -> new value), and what follows from it for others.\n"
        "Exit codes: 0 nothing to do (as while a generation is pinned), 2 there is something to "
        "do,\n1 an error.");
  }

  Result<int> run(const Context& context) override {
    const SavedState state = TRY(state_of(context, state_file_));
    const definition::Snapshot files = TRY(files_of(context, directory_));
    Planned planned = plan_against(state, files);
    const Capacity capacity{state.capacity.memory, state.capacity.cpus};
    add(planned.problems, preflight(planned.preview, planned.after, state.observed, capacity));
    // What is on another machine cannot be looked at from here.
    if (state_file_.empty()) {
      add(planned.problems, check_host(to_be_checked(planned.preview, planned.after)));
    }
    sort_by_place(planned.problems);
    std::string pinned;
    if (state_file_.empty() && directory_.empty()) pinned = TRY(pinned_to(context));
    if (json_) {
      print(control::indented(plan_json(planned)) + "\n");
    } else {
      if (!pinned.empty()) print(pinned + "; berth rollback --cancel would bring:\n");
      show(planned, files, context.out);
    }
    if (has_error(planned.problems)) return kError;
    return planned.preview.empty() || !pinned.empty() ? kDone : kChanges;
  }

 private:
  void show(const Planned& planned, const definition::Snapshot& files,
            const Terminal& terminal) const {
    print(plan_text(planned.preview, verbose_, terminal));
    if (planned.problems.empty()) return;
    print(planned.held_back ? "\napply = \"set\": an error holds everything back:\n"
                            : "\nproblems:\n");
    for (const Diagnostic& problem : planned.problems) {
      const std::string_view content =
          terminal.is_terminal ? content_of(files, problem.pos.file) : std::string_view();
      print(render_diagnostic(problem, content, terminal));
    }
  }

  std::string directory_;
  std::string state_file_;
  bool verbose_ = false;
  bool json_ = false;
};

}  // namespace

CommandPtr make_plan() { return std::make_unique<PlanCommand>(); }

}  // namespace berth::cli
