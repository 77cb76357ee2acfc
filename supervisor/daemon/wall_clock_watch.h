// WallClockWatch: the wall clock as the value that decisions are made with, and what changes it:
// the clock is set, /etc/localtime is another file, a definition names another time zone.
//
// Nothing is polled: the kernel tells when the clock is set (timerfd_create(2),
// TFD_TIMER_CANCEL_ON_SET), and inotify(7) when /etc/localtime is replaced.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include <sys/stat.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/plan/state.h"

namespace berth::daemon {

class WallClockWatch {
 public:
  // `wake` is called when look() may have something new to say.
  WallClockWatch(Loop& loop, std::function<void()> wake);

  // The clock, when it is another than the last one that was told; null when it is the same. For
  // each turn of the loop.
  WallClockPtr look();

  // The definitions whose time zones count. Zones are read again, in case the database is newer.
  void use(const DesiredState& desired);

 private:
  void arm();
  bool local_zone_changed();
  void read_zones();

  unique_fd timer_;
  unique_fd notify_;
  Loop::Watch timer_watch_;
  Loop::Watch notify_watch_;
  std::set<std::string> names_{""};
  struct stat local_{};
  std::map<std::string, ZonePtr> zones_;
  bool zones_are_new_ = true;
  WallClockPtr told_;
};

}  // namespace berth::daemon
