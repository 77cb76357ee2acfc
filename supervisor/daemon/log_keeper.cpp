#include "supervisor/daemon/log_keeper.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "supervisor/daemon/log.h"

namespace berth::daemon {

using handoff::HeldKind;
using logs::Stream;

namespace {

constexpr Duration kRetry = std::chrono::milliseconds(100);  // while a payload may be held up
constexpr Duration kLookAgain = std::chrono::seconds(1);     // for a journal that is not there
constexpr Duration kLastMoment = std::chrono::seconds(1);

void tell_loss(const logs::JournalWriter& journal) {
  if (journal.lost_total() == 0) return;
  log::warning("output was lost",
               {{"container", journal.container()},
                {"bytes", std::to_string(journal.lost_total())},
                {"why", journal.trouble() ? journal.trouble()->message()
                                          : std::string("the journal takes lines too slowly")}});
}

}  // namespace

LogKeeper::LogKeeper(Loop& loop, Paths paths, Hold hold)
    : loop_(loop),
      paths_(std::move(paths)),
      hold_(std::move(hold)),
      retry_(loop.timer([this] { retry(); })) {}

LogKeeper::~LogKeeper() {
  while (!entries_.empty()) close(std::string(entries_.begin()->first));
  const Instant until = BootClock::now() + kLastMoment;
  for (auto& [journal, writable_watch] : set_aside_) {
    writable_watch = {};
    for (Instant now = BootClock::now(); journal.waiting() && now < until; now = BootClock::now()) {
      pollfd writable{.fd = journal.fd(), .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, 20);
      journal.flush(BootClock::now());
    }
    if (journal.waiting()) journal.give_up();
    tell_loss(journal);
  }
}

void LogKeeper::take(HeldKind kind, unique_fd held) {
  if (kind == HeldKind::staging_read) staging_read_ = std::move(held);
  if (kind == HeldKind::staging_write) staging_write_ = std::move(held);
}

void LogKeeper::start() {}

void LogKeeper::adopt(const ContainerSpec& spec, std::uint64_t launch_id, unique_fd console) {
  if (!console) give_to_keeper(spec.name, launch_id);
  begin(spec, launch_id, std::move(console));
}

// Opened read-write, as the launcher opened them: what is written is kept while no worker runs.
void LogKeeper::give_to_keeper(const std::string& container, std::uint64_t launch_id) {
  const auto give = [&](const char* name, HeldKind kind) {
    const std::string path = paths_.run_of(container) + "/" + name;
    const unique_fd fifo(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!fifo || ::fstat(fifo.get(), &status) < 0 || !S_ISFIFO(status.st_mode)) return;
    if (hold_) hold_(launch_id, kind, fifo.get());
  };
  give("stdout", HeldKind::log_stdout);
  give("stderr", HeldKind::log_stderr);
}

void LogKeeper::begin(const ContainerSpec& spec, std::uint64_t /*launch_id*/, unique_fd console) {
  close(spec.name);
  auto pump = console
                  ? logs::LogPump::of_console(paths_, spec.name, spec.logging, std::move(console))
                  : logs::LogPump::open(paths_, spec.name, spec.logging);
  if (!pump) {
    log::error("cannot read the output",
               {{"container", spec.name}, {"error", pump.error().message()}});
    return;
  }
  Entry& entry = entries_.emplace(spec.name, Entry(*std::move(pump))).first->second;
  take_up(entry.pump, spec.name);
  watch(spec.name, entry, Stream::out);
  watch(spec.name, entry, Stream::err);
  hold_or_let_go(spec.name, entry);
}

void LogKeeper::watch(const std::string& container, Entry& entry, Stream stream) {
  if (entry.pump.fd(stream) < 0) return;
  Loop::Watch& watched = stream == Stream::out ? entry.out : entry.err;
  watched = loop_.watch(entry.pump.fd(stream), Loop::kReadable,
                        [this, container, stream](int) { pump(container, stream); });
  if (!watched) log::error("the output is not read: no room in epoll", {{"container", container}});
}

void LogKeeper::pump(const std::string& container, Stream stream) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto outcome = entry.pump.pump(stream, logs::kPumpBudget, buffer_, wall_now());
  if (!outcome || outcome->closed) (stream == Stream::out ? entry.out : entry.err) = {};
  if (!outcome) {
    log::error("cannot read the output",
               {{"container", container}, {"error", outcome.error().message()}});
  }
  hold_or_let_go(container, entry);
}

void LogKeeper::flush(const std::string& container, Entry& entry) {
  entry.pump.flush();
  hold_or_let_go(container, entry);
}

// The streams are watched while lines find their place, else the journal is, if there is one.
void LogKeeper::hold_or_let_go(const std::string& container, Entry& entry) {
  const logs::JournalWriter* journal = entry.pump.journal();
  if (journal && (journal->waiting() || journal->trouble())) retry_after(kRetry);
  const bool held_up = entry.pump.held_up();
  if (held_up != std::exchange(entry.held_up, held_up)) {
    entry.out = {};
    entry.err = {};
    if (!held_up) {
      watch(container, entry, Stream::out);
      watch(container, entry, Stream::err);
    }
  }
  if (!held_up || journal->fd() < 0) {
    entry.journal = {};
  } else if (!entry.journal) {
    entry.journal = loop_.watch(journal->fd(), Loop::kWritable, [this, container](int) {
      const auto found = entries_.find(container);
      if (found != entries_.end()) flush(container, found->second);
    });
  }
}

// A pump's lines that the journal has not taken yet outlive it here.
void LogKeeper::set_aside(logs::LogPump& pump) {
  auto journal = pump.take_journal();
  if (!journal) return;
  set_aside_.push_back(SetAside{*std::move(journal), {}});
  flush_set_aside();
}

void LogKeeper::take_up(logs::LogPump& pump, const std::string& container) {
  const auto found = std::ranges::find(
      set_aside_, container, [](const SetAside& left) { return left.journal.container(); });
  if (found == set_aside_.end()) return;
  found->writable = {};
  if (pump.put_journal(found->journal)) set_aside_.erase(found);
}

// One timer for all: the earliest counts.
void LogKeeper::retry_after(Duration wait) {
  const Instant at = BootClock::now() + wait;
  if (retry_at_ && *retry_at_ <= at) return;
  retry_at_ = at;
  retry_.set(at);
}

// Every moment while lines wait or a journal is missed.
void LogKeeper::retry() {
  retry_at_.reset();
  for (auto& [container, entry] : entries_) {
    const logs::JournalWriter* journal = entry.pump.journal();
    if (journal && (journal->waiting() || journal->trouble())) flush(container, entry);
  }
  flush_set_aside();
}

void LogKeeper::flush_set_aside() {
  for (auto& [journal, writable] : set_aside_) {
    journal.flush(BootClock::now());
    if (journal.fd() < 0 || !journal.held_up()) {
      writable = {};
    } else if (!writable) {
      writable = loop_.watch(journal.fd(), Loop::kWritable, [this](int) { flush_set_aside(); });
    }
    if (!journal.held_up()) tell_loss(journal);
  }
  // A loss that could not be told to the journal has been told in our own log.
  std::erase_if(set_aside_, [](const SetAside& left) { return !left.journal.held_up(); });
  if (!set_aside_.empty()) retry_after(kRetry);
}

void LogKeeper::reconfigure(const ContainerSpec& spec) {
  const auto found = entries_.find(spec.name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  // The watch goes before the descriptor that it watches.
  entry.journal = {};
  entry.pump.reconfigure(spec.logging, wall_now());
  if (spec.logging.driver != LogDriver::journald) set_aside(entry.pump);
  take_up(entry.pump, spec.name);
  hold_or_let_go(spec.name, entry);
}

void LogKeeper::end(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  if (const auto drained = found->second.pump.drain(buffer_, wall_now()); !drained) {
    log::error("cannot read the output",
               {{"container", container}, {"error", drained.error().message()}});
  }
  hold_or_let_go(container, found->second);
}

void LogKeeper::close(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  // The watches go before the descriptors that they watch.
  found->second.out = {};
  found->second.err = {};
  found->second.journal = {};
  set_aside(found->second.pump);
  entries_.erase(found);
}

std::string LogKeeper::trouble(const std::string& container) const {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return {};
  const auto error = found->second.pump.trouble();
  if (!error) return {};
  return error->message() + " (" + std::to_string(found->second.pump.lost_total()) +
         " bytes of log lost)";
}

}  // namespace berth::daemon
