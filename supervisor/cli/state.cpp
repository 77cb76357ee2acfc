// berth state: all that a plan is made from besides the files, to be kept and planned against.
#include "supervisor/cli/command.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

class StateCommand : public Command {
 public:
  void declare(Options& options) override {
    options.output(json_);
    options.footer(
        "Prints JSON, with or without -o json: the definitions in force, and what is observed of\n"
        "each container and network. berth plan --no-daemon FILE compares with it on any machine.\n"
        "Values of environment are in it; what is in env_file and secrets is not.");
  }

  Result<int> run(const Context& context) override {
    auto client = TRY(control::Client::connect(context.paths));
    print(control::indented(TRY(client.state())) + "\n");
    return kDone;
  }

 private:
  bool json_ = true;
};

}  // namespace

CommandPtr make_state() { return std::make_unique<StateCommand>(); }

}  // namespace berth::cli
