// berth rollback: an earlier generation of definitions is in force again.
#include <charconv>

#include "supervisor/cli/command.h"
#include "supervisor/cli/generations.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

// "restart web    limits.memory: 64M -> 128M"
std::string line_of(const control::PlannedAction& item, const Terminal& terminal) {
  std::string changes;
  for (const control::PlannedChange& change : item.changes) {
    changes += (changes.empty() ? "" : "; ") + change.key + ": " +
               (change.before.empty() ? "unset" : change.before) + " -> " +
               (change.after.empty() ? "unset" : change.after);
  }
  const std::string why = changes.empty() ? item.reason : changes;
  const std::string line =
      "  " + item.action + " " + item.subject + (why.empty() ? "" : "  ") + why;
  return cut(escaped(line), terminal.width) + "\n";
}

std::string sentences(const control::RollbackAnswer& answer, bool dry_run,
                      const Terminal& terminal) {
  std::string text;
  if (dry_run) {
    text = answer.plan.empty() ? "nothing would be done to any container\n" : "would be done:\n";
  } else {
    text = "generation " + std::to_string(answer.generation) + " is in force: " + answer.reason +
           (answer.pinned.empty() ? "" : "; " + answer.pinned) + "\n";
  }
  for (const control::PlannedAction& item : answer.plan) text += line_of(item, terminal);
  return text;
}

class Rollback : public Command {
 public:
  void declare(Options& options) override {
    options.argument("N", number_, false,
                     "the generation to go back to (berth history); without it the one before");
    options.flag("--cancel", cancel_, "end a rollback: what the files say is in force again");
    options.flag("--dry-run", dry_run_, "only say what would be done");
    options.output(json_);
    options.footer(
        "The containers and networks of that generation become a new one, and are in force until\n"
        "the definition files change again; the files themselves are left as they are, and so is\n"
        "berthd.toml. Returns as soon as that is kept, before the containers have changed.");
  }

  Result<int> run(const Context& context) override {
    if (cancel_ && !number_.empty()) {
      complain("berth: --cancel takes no generation\n");
      return kUsage;
    }
    const std::uint64_t number = number_.empty() ? 0 : TRY(parse_generation(number_));
    auto client = TRY(control::Client::connect(context.paths));
    const std::string document =
        cancel_ ? TRY(client.cancel_rollback(dry_run_)) : TRY(client.rollback(number, dry_run_));
    if (json_) {
      print(control::indented(document) + "\n");
    } else {
      print(sentences(TRY(control::parse_rollback(document)), dry_run_, context.out));
    }
    return kDone;
  }

 private:
  std::string number_;
  bool cancel_ = false;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

Result<std::uint64_t> parse_generation(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure == std::errc{} && stop == end && number > 0) return number;
  return fail("\"" + text + "\" is not the number of a generation");
}

CommandPtr make_rollback() { return std::make_unique<Rollback>(); }

}  // namespace berth::cli
