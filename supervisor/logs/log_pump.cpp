#include "supervisor/logs/log_pump.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::logs {

namespace {

// Short lines grow when they become records, an empty one from 1 byte to 41. What a call writes is
// kept near this size by reading less from a stream whose lines are so short.
constexpr std::size_t kRecordsAim = 256 * 1024;
constexpr std::size_t kReadLeast = 4096;

constexpr int kConsoleHolds = 64 * 1024;         // what the kernel keeps of a pty's output, at most
constexpr std::size_t kDrainMost = 1024 * 1024;  // fs.pipe-max-size as the kernel sets it

Result<unique_fd> open_fifo(int directory, const std::string& name) {
  unique_fd fifo(::openat(directory, name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fifo) return fail_errno("cannot open the FIFO " + name);
  struct stat status{};
  if (::fstat(fifo.get(), &status) < 0) return fail_errno("cannot stat the FIFO " + name);
  if (!S_ISFIFO(status.st_mode)) return fail(name + " is not a FIFO");
  return fifo;
}

// A record takes its prefix and a newline beside the text. Lines are cut so that records fit into
// a file of max_size, however small an operator makes it.
std::size_t line_max_for(Bytes max_size) {
  constexpr std::size_t kOverhead = kPrefixSize + 1;
  constexpr std::size_t kLeast = 64;
  if (max_size.count >= kLineMax + kOverhead) return kLineMax;
  if (max_size.count <= kLeast + kOverhead) return kLeast;
  return static_cast<std::size_t>(max_size.count) - kOverhead;
}

}  // namespace

LogPump::LogPump(std::string directory, std::string container, std::string journal_socket,
                 unique_fd out, unique_fd err)
    : directory_(std::move(directory)),
      container_(std::move(container)),
      journal_socket_(std::move(journal_socket)),
      out_{Stream::out, std::move(out), CriLines(Stream::out), kPumpBudget},
      err_{Stream::err, std::move(err), CriLines(Stream::err), kPumpBudget} {}

Result<LogPump> LogPump::open(const Paths& paths, std::string_view container,
                              const LoggingSpec& spec, std::string journal_socket) {
  const std::string run = paths.run_of(container);
  const unique_fd directory(::open(run.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory) return fail_errno("cannot open " + run);
  auto out = open_fifo(directory.get(), "stdout");
  if (!out) return std::unexpected(std::move(out).error().within(run));
  auto err = open_fifo(directory.get(), "stderr");
  if (!err) return std::unexpected(std::move(err).error().within(run));

  LogPump pump(paths.log_dir(container), std::string(container), std::move(journal_socket),
               std::move(out).value(), std::move(err).value());
  pump.reconfigure(spec, WallTime());  // nothing is carried yet, so the time is not used
  return pump;
}

Result<LogPump> LogPump::of_console(const Paths& paths, std::string_view container,
                                    const LoggingSpec& spec, unique_fd master,
                                    std::string journal_socket) {
  if (::fcntl(master.get(), F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
    return fail_errno("cannot read the console");
  }
  LogPump pump(paths.log_dir(container), std::string(container), std::move(journal_socket),
               std::move(master), unique_fd());
  pump.is_console_ = true;
  pump.out_.lines.drop_returns();
  pump.reconfigure(spec, WallTime());
  return pump;
}

void LogPump::reconfigure(const LoggingSpec& spec, WallTime now) {
  if (spec.driver == LogDriver::none) {
    std::string records;
    write_unfinished(out_, records, now);
    write_unfinished(err_, records, now);
  }
  driver_ = spec.driver;
  if (driver_ == LogDriver::file) {
    log_to_file(spec, now);
    return;
  }
  if (writer_) writer_->settle(now);
  writer_.reset();
  out_.lines.set_line_max(kLineMax);
  err_.lines.set_line_max(kLineMax);
  if (driver_ == LogDriver::journald && !journal_)
    journal_.emplace(container_, journal_socket_, BootClock::now());
}

void LogPump::log_to_file(const LoggingSpec& spec, WallTime now) {
  out_.lines.set_line_max(line_max_for(spec.max_size));
  err_.lines.set_line_max(line_max_for(spec.max_size));
  if (writer_) {
    writer_->set_limits(spec.max_size, spec.max_files);
  } else {
    writer_.emplace(directory_, container_ + ".log", spec.max_size, spec.max_files);
  }
  if (!journal_) return;
  journal_->flush(BootClock::now());
  if (const std::string left = journal_->take_queue(); !left.empty()) writer_->write(left, now);
  journal_.reset();
}

void LogPump::write(std::string_view records, WallTime now) {
  if (records.empty()) return;
  if (driver_ == LogDriver::file && writer_) writer_->write(records, now);
  if (driver_ == LogDriver::journald && journal_) journal_->write(records, BootClock::now());
}

void LogPump::flush() {
  if (journal_) journal_->flush(BootClock::now());
}

std::optional<JournalWriter> LogPump::take_journal() {
  std::optional<JournalWriter> taken;
  if (journal_ && journal_->waiting()) taken = std::move(journal_);
  journal_.reset();
  return taken;
}

bool LogPump::put_journal(JournalWriter& journal) {
  if (driver_ != LogDriver::journald || held_up()) return false;
  journal_ = std::move(journal);
  return true;
}

Result<PumpOutcome> LogPump::pump(Stream stream, std::size_t budget, PumpBuffer& buffer,
                                  WallTime now) {
  Channel& from = channel(stream);
  const std::size_t most = std::min({budget, buffer.bytes.size(), from.read_most});
  if (!from.fifo) return PumpOutcome{.closed = true};
  if (most == 0) return PumpOutcome{.more = true};
  ssize_t count = ::read(from.fifo.get(), buffer.bytes.data(), most);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return PumpOutcome{};
  // What the end of a pipe is to others: nobody has the terminal open.
  if (count < 0 && errno == EIO && is_console_) count = 0;
  if (count < 0) return fail_errno("cannot read " + std::string(name_of(stream)));
  if (count == 0) {
    write_unfinished(from, buffer.records, now);
    return PumpOutcome{.closed = true};
  }

  const auto size = static_cast<std::size_t>(count);
  if (driver_ != LogDriver::none) {
    buffer.records.clear();
    from.lines.feed({buffer.bytes.data(), size}, now, buffer.records);
    const std::size_t growth = 1 + buffer.records.size() / size;
    from.read_most = std::max(kReadLeast, kRecordsAim / growth);
    write(buffer.records, now);
  }
  return PumpOutcome{.bytes = size, .more = size == most};
}

Result<PumpOutcome> LogPump::drain(PumpBuffer& buffer, WallTime now) {
  const PumpOutcome out = TRY(drain_one(out_, buffer, now));
  const PumpOutcome err = TRY(drain_one(err_, buffer, now));
  if (writer_) writer_->settle(now);
  return PumpOutcome{.bytes = out.bytes + err.bytes,
                     .more = out.more || err.more,
                     .closed = out.closed && err.closed};
}

Result<PumpOutcome> LogPump::drain_one(Channel& from, PumpBuffer& buffer, WallTime now) {
  if (!from.fifo) return PumpOutcome{.closed = true};
  // The payload may have made the pipe larger than usual. What was in it at the exit is no more
  // than it holds, so a survivor that keeps on writing cannot keep us here.
  const int capacity = is_console_ ? kConsoleHolds : ::fcntl(from.fifo.get(), F_GETPIPE_SZ);
  if (capacity < 0)
    return fail_errno("cannot get the size of " + std::string(name_of(from.stream)));
  const std::size_t most = std::min(static_cast<std::size_t>(capacity), kDrainMost);

  PumpOutcome drained;
  while (drained.bytes < most) {
    const PumpOutcome part =
        TRY(pump(from.stream, std::min(most - drained.bytes, kPumpBudget), buffer, now));
    drained.bytes += part.bytes;
    drained.more = part.bytes > 0 && drained.bytes == most;
    drained.closed = part.closed;
    if (part.bytes == 0) break;
  }
  write_unfinished(from, buffer.records, now);
  return drained;
}

void LogPump::write_unfinished(Channel& of, std::string& records, WallTime now) {
  records.clear();
  of.lines.finish(now, records);
  write(records, now);
}

std::optional<Error> LogPump::trouble() const {
  if (driver_ == LogDriver::journald && journal_) return journal_->trouble();
  return writer_ ? writer_->trouble() : std::optional<Error>();
}

std::uint64_t LogPump::lost_total() const {
  if (driver_ == LogDriver::journald && journal_) return journal_->lost_total();
  return writer_ ? writer_->lost_total() : 0;
}

}  // namespace berth::logs
