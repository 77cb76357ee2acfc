#include "supervisor/daemon/definition_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/definition/layers.h"

namespace berth::daemon {

namespace {

// Of a directory on the way: names come and go, and who may write changes.
constexpr std::uint32_t kWayEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
// Of a directory with files that count.
constexpr std::uint32_t kFileEvents = kWayEvents | IN_CLOSE_WRITE | IN_MODIFY;

constexpr int kLinksMost = 40;  // as the kernel's own limit, path_resolution(7)
constexpr int kReadsMost = 64;  // of the queue, at one go: it holds 16384 events by default
constexpr std::size_t kBuffer = 65536;

bool is_definition_name(const std::string& name) {
  return definition::definition_name(name) || definition::drop_in_owner(name);
}

std::string self_path(const unique_fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

}  // namespace

// Walks to a path, watching every directory on the way before it looks into it, so that whatever
// appears, vanishes or is swapped there is an event.
class DefinitionWatch::Way {
 public:
  Way(int inotify, Watches& watches, std::string& trouble)
      : inotify_(inotify), watches_(watches), trouble_(trouble) {}

  // What is at the end of the path; none when it is not there.
  unique_fd follow(unique_fd from, const std::string& path) {
    rest_.clear();
    push_front(path);
    int links = 0;
    while (from && !rest_.empty()) {
      const std::string name = std::move(rest_.front());
      rest_.pop_front();
      if (Watched* watched = add(from, kFileEvents)) watched->names.insert(name);
      unique_fd next(::openat(from.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat status{};
      if (!next || ::fstat(next.get(), &status) != 0) return {};
      if (!S_ISLNK(status.st_mode)) {
        from = std::move(next);
        continue;
      }
      std::array<char, PATH_MAX> target{};
      const ssize_t length = ::readlinkat(next.get(), "", target.data(), target.size());
      if (length <= 0 || ++links > kLinksMost) return {};
      push_front(std::string_view(target.data(), static_cast<std::size_t>(length)));
      if (target[0] == '/') from = unique_fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return from;
  }

  // A directory whose definitions count, with its drop-in directories and what links lead to.
  void watch_definitions(const unique_fd& directory, const std::string& origin, bool drop_ins) {
    Watched* watched = add(directory, kFileEvents);
    if (watched == nullptr) return;
    watched->definitions = true;
    watched->origin = origin;
    DIR* stream = ::opendir(self_path(directory).c_str());
    if (stream == nullptr) return;
    while (const dirent* item = ::readdir(stream)) {
      const std::string name = item->d_name;
      if (item->d_type == DT_REG || !is_definition_name(name)) continue;
      unique_fd here(::openat(directory.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      const unique_fd found = follow(std::move(here), name);
      const bool nested = drop_ins && found && definition::drop_in_owner(name);
      if (nested) watch_definitions(found, origin + "/" + name, false);
    }
    ::closedir(stream);
  }

 private:
  void push_front(std::string_view path) {
    std::deque<std::string> parts;
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      const std::string_view part = path.substr(0, slash);
      if (!part.empty() && part != ".") parts.emplace_back(part);
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    rest_.insert(rest_.begin(), parts.begin(), parts.end());
  }

  Watched* add(const unique_fd& directory, std::uint32_t events) {
    const int number = ::inotify_add_watch(inotify_, self_path(directory).c_str(),
                                           events | IN_ONLYDIR | IN_MASK_ADD);
    if (number >= 0) return &watches_[number];
    if (errno == ENOENT || errno == ENOTDIR) return nullptr;
    trouble_ = std::string("cannot watch the directories of definitions: ") + ::strerror(errno) +
               (errno == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "") +
               "; changes are read on SIGHUP";
    return nullptr;
  }

  int inotify_;
  Watches& watches_;
  std::string& trouble_;
  std::deque<std::string> rest_;
};

DefinitionWatch::DefinitionWatch(Loop& loop, const Paths& paths, std::function<void()> changed)
    : paths_(paths), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  timer_ = loop.timer(std::move(changed));
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
  Watches fresh;
  Way way(inotify_.get(), fresh, trouble_);
  const std::string root = paths_.root.empty() ? "/" : paths_.root;
  const auto follow = [&](const std::string& path) {
    return way.follow(unique_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), path);
  };
  for (const definition::Layer& layer : definition::layers_of(paths_)) {
    for (const char* folder : {"/containers", "/networks"}) {
      const std::string origin = paths_.root + "/" + layer.path + folder;
      if (const unique_fd found = follow(layer.path + folder)) {
        way.watch_definitions(found, origin, true);
      }
    }
    follow(layer.path + "/berthd.toml");
    if (const unique_fd found = follow(layer.path + "/berthd.toml.d")) {
      way.watch_definitions(found, paths_.root + "/" + layer.path + "/berthd.toml.d", false);
    }
  }
  for (const auto& [number, unused] : watches_) {
    if (!fresh.contains(number)) ::inotify_rm_watch(inotify_.get(), number);
  }
  watches_ = std::move(fresh);
}

void DefinitionWatch::begin_reading() {
  drain();
  const Instant now = BootClock::now();
  std::erase_if(vanished_,
                [now](const auto& each) { return each.second + ReadTiming::kQuietMost < now; });
  written_ = writing_;
  changes_before_ = changes_;
  renew();
}

bool DefinitionWatch::read_again(bool torn) {
  drain();
  held_.clear();
  const bool disturbed = torn || changes_ != changes_before_;
  const bool overdue = timing_.is_overdue(BootClock::now());
  if (disturbed && !overdue) {
    if (changes_ == changes_before_) note_change();
    set_timer();
    return true;
  }
  if (overdue) {
    held_ = written_;
    for (const auto& [path, unused] : vanished_) held_.insert(path);
  }
  timing_.taken();
  // What has been passed over, or was overtaken, is the next set's.
  if (disturbed || !held_.empty()) note_change();
  set_timer();
  return false;
}

void DefinitionWatch::on_events() {
  drain();
  set_timer();
}

void DefinitionWatch::drain() {
  alignas(inotify_event) std::array<char, kBuffer> buffer;
  // Bounded: what is left makes the descriptor readable again, so a writer that never stops does
  // not hold the loop.
  for (int i = 0; inotify_ && i < kReadsMost; ++i) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    note(buffer.data(), static_cast<std::size_t>(size));
  }
}

void DefinitionWatch::note(const void* events, std::size_t size) {
  const char* at = static_cast<const char*>(events);
  const char* end = at + size;
  while (at < end) {
    inotify_event event{};
    std::memcpy(&event, at, sizeof event);
    const std::string name = event.len == 0 ? "" : at + sizeof event;
    at += sizeof event + event.len;
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      // Whatever was known of files that are being written is no longer known.
      writing_.clear();
      vanished_.clear();
      note_change();
      continue;
    }
    const auto watched = watches_.find(event.wd);
    if (watched != watches_.end()) note_event(event.mask, watched->second, name);
    if ((event.mask & IN_IGNORED) != 0) watches_.erase(event.wd);
  }
}

void DefinitionWatch::note_event(std::uint32_t mask, const Watched& watched,
                                 const std::string& name) {
  const bool definition = watched.definitions && is_definition_name(name);
  if (!name.empty() && !definition && !watched.names.contains(name)) return;
  if (definition) {
    const std::string path = watched.origin + "/" + name;
    if ((mask & IN_MODIFY) != 0) {
      writing_.insert(path);
      written_.insert(path);
    }
    if ((mask & (IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
      writing_.erase(path);
    }
    if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) vanished_[path] = BootClock::now();
    if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) vanished_.erase(path);
  }
  note_change();
}

void DefinitionWatch::note_change() {
  ++changes_;
  timing_.changed(BootClock::now(), !writing_.empty());
}

void DefinitionWatch::set_timer() {
  if (const auto due = timing_.due()) {
    timer_.set(*due);
  } else {
    timer_.clear();
  }
}

}  // namespace berth::daemon
