// berth plan: what the daemon is about to do.
#include "supervisor/cli/command.h"
#include "supervisor/cli/plan_text.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

class PlanCommand : public Command {
 public:
  void declare(Options& options) override {
    options.flag("-a,--all", all_, "also the steps on the way: sandboxes, packet rules, clean-up");
    options.output(json_);
    options.footer("Exit codes: 0 nothing to do, 2 there is something to do, 1 an error.");
  }

  Result<int> run(const Context& context) override {
    auto client = TRY(control::Client::connect(context.paths));
    const std::string document = TRY(client.plan());
    const auto plan = TRY(control::parse_plan(document));
    if (json_) {
      print(control::indented(document) + "\n");
    } else if (plan.empty()) {
      print("nothing to do\n");
    } else {
      print(plan_text(plan, all_, context.out));
    }
    return plan.empty() ? kDone : kChanges;
  }

 private:
  bool all_ = false;
  bool json_ = false;
};

}  // namespace

CommandPtr make_plan() { return std::make_unique<PlanCommand>(); }

}  // namespace berth::cli
