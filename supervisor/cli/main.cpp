// berth: the command line. This table is its contents page; each command is a file of this folder.
#include <array>
#include <filesystem>

#include <unistd.h>

#include "supervisor/cli/command.h"

namespace {

using namespace berth::cli;

struct Entry {
  const char* name;
  const char* summary;
  CommandPtr (*make)();
};

constexpr std::array kCommands{
    // what is
    Entry{"ps", "list the containers", make_ps},
    Entry{"status", "all about one container, or about the host", make_status},
    Entry{"logs", "what a container wrote", make_logs},
    Entry{"events", "follow what happens", make_events},
    // what shall be
    Entry{"start", "start containers, and wait until they are ready", make_start},
    Entry{"stop", "stop containers, and wait until they are down", make_stop},
    Entry{"restart", "stop and start containers, and wait until they are ready", make_restart},
    Entry{"wait", "wait until a container is in a phase", make_wait},
    // what was, and shall be again
    Entry{"history", "the generations of definitions that are kept", make_history},
    Entry{"diff", "what two generations of definitions differ in", make_diff},
    Entry{"rollback", "go back to an earlier generation of definitions", make_rollback},
    // what would be
    Entry{"plan", "what would become of the containers by other definitions", make_plan},
    Entry{"state", "what a plan is made from, to be kept as a file", make_state},
    Entry{"check", "find the mistakes in definition files", make_check},
    Entry{"sync", "take definitions from the git repository, now", make_sync},
    Entry{"cat", "the files of a definition, in the order in which they are merged", make_cat},
    Entry{"show", "a definition with its drop-ins merged, and where each value is from", make_show},
    Entry{"explain", "what a key of a definition means", make_explain},
    Entry{"import", "definitions from compose, Quadlet, LXC or Kubernetes files", make_import},
    Entry{"schema", "the JSON Schema of definition files, for editors", make_schema},
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<CommandPtr> commands;
  std::vector<Declaration> declarations;
  for (const Entry& entry : kCommands) {
    Command* command = commands.emplace_back(entry.make()).get();
    declarations.push_back(
        {entry.name, entry.summary, [command](Options& options) { command->declare(options); }});
  }
  const Parsed parsed = parse_command_line(argc, argv, declarations);
  if (parsed.chosen < 0) {
    if (parsed.exit_code == kDone)
      print(parsed.text);
    else
      complain(parsed.text);
    return parsed.exit_code;
  }
  std::error_code failure;
  const std::string root =
      parsed.root.empty()
          ? ""
          : std::filesystem::absolute(parsed.root, failure).lexically_normal().string();
  if (failure) {
    complain("berth: --root " + escaped(parsed.root) + ": " + failure.message() + "\n");
    return kError;
  }
  const Context context{berth::Paths::below(root), terminal_of(STDOUT_FILENO)};
  const auto done = commands[static_cast<std::size_t>(parsed.chosen)]->run(context);
  if (done) return *done;
  complain("berth: " + escaped(done.error().message()) + "\n");
  return kError;
}
