// The keeper at work: its parts, and what it waits for. (keeper.h is what others need of it.)
#pragma once

#include <optional>
#include <string_view>
#include <tuple>

#include <unistd.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/keeper/keeper.h"
#include "supervisor/keeper/launch_table.h"
#include "supervisor/keeper/launchers.h"

namespace berth::keeper {

using handoff::KeeperMessage;
using Kind = KeeperMessage::Kind;

inline constexpr Duration kFinishPatience = 5s;

inline void say(std::string_view words) noexcept {
  std::ignore = ::write(2, words.data(), words.size());
}

class Keeper {
 public:
  explicit Keeper(const KeeperSettings& settings)
      : settings_(settings),
        starter_(settings.arguments, settings.become),
        table_(take_table(settings.table, settings.taken.present)) {}
  int run();

 private:
  bool set_up();
  void start_worker();
  void count_heartbeats(Instant now);
  void begin_to_leave();
  void leave(Instant now);
  void reexecute();
  void wait_for_events();
  [[nodiscard]] int timeout() const;
  void on_signals();
  void reap();
  void on_worker_end(int code, int status);
  void read_worker();
  void read_launcher(LauncherSlot& slot);
  void on_worker_message(const KeeperMessage& message);
  void on_launcher_message(const KeeperMessage& message, int fd);
  void on_born(const KeeperMessage& message, int fd);
  void on_hold(const KeeperMessage& message, int fd);
  void tell_worker();
  bool tell_launches();
  bool tell_launchers();
  bool tell(const KeeperMessage& message, int fd = -1);
  [[nodiscard]] bool may_begin() const;

  const KeeperSettings& settings_;
  Starter starter_;
  unique_fd signals_;
  LaunchTable table_;
  ChildProcess worker_;
  Launchers launchers_;
  Instant start_worker_at_;
  Instant begin_by_;
  Instant finish_by_;
  Duration restart_delay_ = Duration(0);
  bool worker_is_full_ = false;  // its socket takes no more at the moment
  bool has_spoken_ = false;      // a worker, ever
  bool begun_ = false;
  bool stop_requested_ = false;
  bool tell_stop_ = false;
  bool finished_ = false;
  bool leaving_ = false;  // everything ends, and is executed anew
  bool tell_leave_ = false;
  Instant leave_by_;
  Instant next_tick_;
  int missed_ = 0;       // heartbeats of the worker, by our own ticks
  bool alive_ = false;   // it has sent one
  KeeperMessage crash_;  // how the last worker ended; id: how many have
  bool tell_crash_ = false;
  int failed_stops_ = 0;
  std::optional<int> exit_code_;
};

}  // namespace berth::keeper
