#include "supervisor/daemon/definition_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/inotify.h>

namespace berth::daemon {

namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_MODIFY | IN_DELETE_SELF |
                                  IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

DefinitionWatch::DefinitionWatch(Loop& loop, const Paths& paths, std::function<void()> changed)
    : paths_(paths),
      changed_(std::move(changed)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  timer_ = loop.timer([this] {
    first_change_.reset();
    changed_();
  });
  if (!inotify_) {
    trouble_ = std::string("cannot watch the definitions: inotify_init1: ") + ::strerror(errno);
    return;
  }
  watch_ = loop.watch(inotify_.get(), Loop::kReadable, [this](int) { on_events(); });
  renew();
}

void DefinitionWatch::renew() {
  if (!inotify_) return;
  trouble_.clear();
  // Adding a watch that exists already is no error and changes nothing.
  add(paths_.root + "/etc/berth");
  add(paths_.containers());
  add(paths_.networks());
}

void DefinitionWatch::add(const std::string& directory) {
  if (::inotify_add_watch(inotify_.get(), directory.c_str(), kEvents) >= 0) return;
  if (errno == ENOENT || errno == ENOTDIR) return;  // its parent is watched
  trouble_ = "cannot watch " + directory + ": " + ::strerror(errno) +
             (errno == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "") +
             "; changes are read on SIGHUP";
}

void DefinitionWatch::on_events() {
  alignas(inotify_event) std::array<char, 16384> buffer;
  // One read a call: what is left makes the descriptor readable again, so a writer that never
  // stops does not hold the loop.
  const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
  if (size > 0) note_change();
}

void DefinitionWatch::note_change() {
  const Instant now = BootClock::now();
  if (!first_change_) first_change_ = now;
  timer_.set(std::min(now + kQuiet, *first_change_ + kLongest));
}

}  // namespace berth::daemon
