// Command: what every command of `berth` is. One file a command; the table is in main.cpp.
#pragma once

#include <memory>

#include "supervisor/base/result.h"
#include "supervisor/cli/options.h"
#include "supervisor/cli/terminal.h"
#include "supervisor/model/paths.h"

namespace berth::cli {

enum ExitCode { kDone = 0, kError = 1, kChanges = 2, kUsage = 64 };

struct Context {
  Paths paths;
  Terminal out;  // what stdout can show
};

class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(Options& options) = 0;
  // The exit code; an error is printed as "berth: …" by main, which then exits with kError.
  virtual Result<int> run(const Context& context) = 0;
};

using CommandPtr = std::unique_ptr<Command>;
CommandPtr make_ps();
CommandPtr make_status();
CommandPtr make_start();
CommandPtr make_stop();
CommandPtr make_restart();
CommandPtr make_logs();
CommandPtr make_plan();
CommandPtr make_state();
CommandPtr make_check();
CommandPtr make_cat();
CommandPtr make_show();
CommandPtr make_events();
CommandPtr make_wait();
CommandPtr make_sync();
CommandPtr make_history();
CommandPtr make_diff();
CommandPtr make_rollback();
CommandPtr make_explain();
CommandPtr make_import();
CommandPtr make_schema();

}  // namespace berth::cli
