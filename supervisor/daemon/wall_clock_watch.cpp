#include "supervisor/daemon/wall_clock_watch.h"

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/base/zone_file.h"
#include "supervisor/daemon/log.h"

namespace berth::daemon {

namespace {

// A clock that is set moves by more than the readings of the two clocks lie apart.
constexpr Duration kSameOffset = std::chrono::milliseconds(5);

// In seconds since 1970; the kernel's own end, in nanoseconds of 63 bits, comes in the year 2262.
constexpr std::time_t kEndOfTime = 9'000'000'000;

// Read between two readings of the boot clock, again when something came in between.
Duration measured_offset() {
  Duration offset{};
  Duration apart = Duration::max();
  for (int i = 0; i < 5 && apart > kSameOffset / 50; ++i) {
    const Instant before = BootClock::now();
    const WallTime wall = wall_now();
    const Duration took = BootClock::now() - before;
    if (took >= apart) continue;
    apart = took;
    offset = wall.time_since_epoch() - (before + took / 2).time_since_epoch();
  }
  return offset;
}

void drain(int fd) {
  std::array<char, 4096> ignored;
  while (::read(fd, ignored.data(), ignored.size()) > 0) {
  }
}

bool same_zone(const ZonePtr& left, const ZonePtr& right) {
  return left == right || (left && right && *left == *right);
}

}  // namespace

WallClockWatch::WallClockWatch(Loop& loop, std::function<void()> wake)
    : timer_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      notify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  arm();
  if (timer_) {
    timer_watch_ = loop.watch(timer_.get(), Loop::kReadable, [this, wake](int) {
      drain(timer_.get());  // ECANCELED: the clock was set
      arm();
      wake();
    });
  }
  constexpr std::uint32_t kReplaced = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE;
  if (notify_ && ::inotify_add_watch(notify_.get(), "/etc", kReplaced) >= 0) {
    notify_watch_ = loop.watch(notify_.get(), Loop::kReadable, [this, wake](int) {
      drain(notify_.get());
      wake();
    });
  }
}

// Waits for the end of time, so that only the setting of the clock ends the wait.
void WallClockWatch::arm() {
  if (!timer_) return;
  itimerspec never{};
  never.it_value.tv_sec = kEndOfTime;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

bool WallClockWatch::local_zone_changed() {
  struct stat now{};
  ::stat("/etc/localtime", &now);
  const bool same = now.st_dev == local_.st_dev && now.st_ino == local_.st_ino &&
                    now.st_mtim.tv_sec == local_.st_mtim.tv_sec &&
                    now.st_mtim.tv_nsec == local_.st_mtim.tv_nsec;
  local_ = now;
  return !same;
}

void WallClockWatch::read_zones() {
  std::map<std::string, ZonePtr> zones;
  for (const std::string& name : names_) {
    auto rules = name.empty() ? load_local_zone() : load_zone(name);
    const auto before = zones_.find(name);
    if (!rules) {
      log::warning("a time zone cannot be read", {{"error", rules.error().message()}});
      if (before != zones_.end()) zones.insert(*before);
      continue;
    }
    auto zone = std::make_shared<const ZoneRules>(std::move(*rules));
    const bool same = before != zones_.end() && same_zone(before->second, zone);
    zones[name] = same ? before->second : std::move(zone);
  }
  if (zones == zones_) return;
  zones_ = std::move(zones);
  zones_are_new_ = true;
}

void WallClockWatch::use(const DesiredState& desired) {
  names_ = {""};
  for (const auto& [name, spec] : desired.containers) {
    for (const Calendar& calendar : spec->schedule) names_.insert(calendar.zone);
    for (const TimeWindow& window : spec->update.window) names_.insert(window.zone);
  }
  local_zone_changed();
  read_zones();
}

WallClockPtr WallClockWatch::look() {
  if (local_zone_changed()) read_zones();
  const Duration offset = measured_offset();
  const bool set = !told_ || std::chrono::abs(offset - told_->offset) > kSameOffset;
  if (!set && !std::exchange(zones_are_new_, false)) return nullptr;
  if (told_ && set) log::info("the clock was set", {{"time", format_rfc3339(wall_now())}});
  zones_are_new_ = false;
  WallClock clock;
  clock.offset = set ? offset : told_->offset;
  clock.zones = zones_;
  told_ = std::make_shared<const WallClock>(std::move(clock));
  return told_;
}

}  // namespace berth::daemon
