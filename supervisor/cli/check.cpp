// berth check: the mistakes in definition files, without a daemon and without root.
#include <algorithm>

#include "supervisor/cli/command.h"
#include "supervisor/cli/sarif.h"
#include "supervisor/cli/source_line.h"
#include "supervisor/control/documents.h"
#include "supervisor/definition/load.h"

namespace berth::cli {

namespace {

std::string_view content_of(const definition::Snapshot& snapshot, const std::string& path) {
  for (const auto* files : {&snapshot.containers, &snapshot.networks, &snapshot.host}) {
    for (const definition::File& file : *files) {
      if (file.path == path) return file.content;
      for (const definition::File& drop_in : file.drop_ins) {
        if (drop_in.path == path) return drop_in.content;
      }
    }
  }
  return {};
}

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// What berthd refuses although the content is right: files that others than root can write. Where
// they are written may be another host than where they count, so these are warnings.
void warn_of_trust(const Paths& paths, std::vector<Diagnostic>& problems) {
  for (Diagnostic& refused : definition::snapshot(paths, true).problems) {
    const bool said = std::ranges::any_of(problems, [&](const Diagnostic& problem) {
      return problem.pos.file == refused.pos.file && problem.problem == refused.problem;
    });
    if (said) continue;
    refused.severity = Severity::warning;
    problems.push_back(std::move(refused));
  }
}

class Check : public Command {
 public:
  void declare(Options& options) override {
    options.arguments("FILE|DIR", given_, "definitions; without any, those of this host");
    options.choice("-o,--output", format_, {"text", "json", "sarif"}, "how to write the mistakes");
    options.footer(
        "Runs the code that berthd runs, without berthd and without root. On a terminal, each\n"
        "mistake comes with its line. With -o json: an array of objects with severity, file,\n"
        "line, column, key, problem, remedy, container, text. With -o sarif: SARIF 2.1.0, which\n"
        "forges show as annotations of a change. Exit code 1 when there is an error.");
  }

  Result<int> run(const Context& context) override {
    const definition::Snapshot snapshot = given_.empty()
                                              ? definition::snapshot(context.paths, false)
                                              : definition::snapshot_of(given_);
    definition::LoadedSet set = definition::load(snapshot);
    if (set.missing_directory && given_.empty()) {
      return fail("there is no directory " + context.paths.containers());
    }
    if (given_.empty()) warn_of_trust(context.paths, set.problems);
    const auto errors = static_cast<std::size_t>(std::ranges::count(
        set.problems, Severity::error, [](const Diagnostic& problem) { return problem.severity; }));
    if (format_ != "text") {
      print((format_ == "sarif" ? sarif_document(set.problems)
                                : control::indented(control::diagnostics_document(set.problems))) +
            "\n");
      return errors == 0 ? kDone : kError;
    }
    for (const Diagnostic& problem : set.problems) {
      const bool with_line = context.out.is_terminal;
      print(render_diagnostic(problem, with_line ? content_of(snapshot, problem.pos.file) : "",
                              context.out));
    }
    const std::size_t files =
        snapshot.containers.size() + snapshot.networks.size() + snapshot.host.size();
    const std::size_t warnings = set.problems.size() - errors;
    std::string summary = count_of(files, "definition") + ", ";
    if (set.problems.empty()) summary += "no problems";
    if (errors != 0) summary += count_of(errors, "error");
    if (errors != 0 && warnings != 0) summary += ", ";
    if (warnings != 0) summary += count_of(warnings, "warning");
    print(summary + "\n");
    return errors == 0 ? kDone : kError;
  }

 private:
  std::vector<std::string> given_;
  std::string format_ = "text";
};

}  // namespace

CommandPtr make_check() { return std::make_unique<Check>(); }

}  // namespace berth::cli
