// run_confined: the caller's part. It starts the child, collects what it says, and ends it when it
// is too slow, too talkative or too large.
#include "supervisor/source/sandbox.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/process.h"
#include "supervisor/kernel/raw.h"

namespace berth::source {
namespace {

namespace raw = kernel::raw;

constexpr std::size_t kErrorsMax = 16384;
constexpr std::size_t kReportMax = 1024;
constexpr auto kLookEvery = std::chrono::milliseconds(100);  // at the watched directory
constexpr std::size_t kWatchedEntriesMax = 10'000;
constexpr int kReport = 3;

struct Pipe {
  unique_fd reader, writer;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{unique_fd(ends[0]), unique_fd(ends[1])};
}

Result<unique_fd> input_file(const std::string& input) {
  unique_fd file(::memfd_create("berth-sync-input", MFD_CLOEXEC));
  if (!file) return fail_errno("cannot make a memory file");
  std::size_t written = 0;
  while (written < input.size()) {
    const ssize_t size = ::write(file.get(), input.data() + written, input.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot write a memory file");
    written += static_cast<std::size_t>(size);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Moves descriptors to 0 to 3 and closes all others. Through numbers above, as a source may itself
// be one of the targets.
void arrange(const std::array<int, 4>& sources) {
  std::array<int, 4> aside{};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    aside[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, 10);
  }
  for (std::size_t i = 0; i < sources.size(); ++i) ::dup2(aside[i], static_cast<int>(i));
  ::fcntl(kReport, F_SETFD, FD_CLOEXEC);
  raw::close_range(kReport + 1, ~0u, 0);
}

// What is there to read: false when the writers are gone.
bool drain(const unique_fd& pipe, std::string& into) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = ::read(pipe.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return true;
    if (size == 0) return false;
    into.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }
}

// The bytes below a directory that a hostile program writes into; the most there can be when it
// holds more entries than any honest one.
std::uint64_t bytes_below(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
  std::error_code failure;
  for (std::filesystem::recursive_directory_iterator
           each(directory, std::filesystem::directory_options::skip_permission_denied, failure),
       end;
       !failure && each != end; each.increment(failure)) {
    if (++entries > kWatchedEntriesMax) return ~0ULL;
    struct stat status{};
    if (::lstat(each->path().c_str(), &status) != 0) continue;
    bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

class Watch {
 public:
  Watch(const Sandbox& sandbox, const Command& command, unique_fd pidfd)
      : sandbox_(sandbox), command_(command), pidfd_(std::move(pidfd)) {}

  // A child must not outlive us, whatever happens here.
  ~Watch() {
    if (!pidfd_) return;
    raw::pidfd_send_signal(pidfd_.get(), SIGKILL);
    (void)kernel::reap(pidfd_.get());
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  Result<Ended> until_end(unique_fd output, unique_fd errors, unique_fd report, Instant deadline) {
    std::array<pollfd, 4> polled{{{pidfd_.get(), POLLIN, 0},
                                  {output.get(), POLLIN, 0},
                                  {errors.get(), POLLIN, 0},
                                  {report.get(), POLLIN, 0}}};
    while ((polled[0].revents & POLLIN) == 0) {
      const Instant now = BootClock::now();
      if (now >= deadline) return stop(Stopped::too_late);
      const auto patience = std::min<Duration>(deadline - now, kLookEvery);
      const auto limit = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
      ::poll(polled.data(), polled.size(), static_cast<int>(limit));
      if (!drain(output, ended_.output)) polled[1].fd = -1;
      if (!drain(errors, ended_.errors)) polled[2].fd = -1;
      if (!drain(report, report_)) polled[3].fd = -1;
      if (const Stopped why = too_much(now); why != Stopped::no) return stop(why);
    }
    // Process 1 of its namespace ends last: nobody writes any more.
    while (drain(output, ended_.output) && ended_.output.size() <= command_.output_max &&
           more(output)) {
    }
    while (drain(errors, ended_.errors) && more(errors)) too_much(BootClock::now());
    drain(report, report_);
    const kernel::ChildExit end = TRY(kernel::reap(pidfd_.get()));
    pidfd_.reset();
    if (!report_.empty()) return fail(report_.substr(0, kReportMax));
    ended_.exit_code = end.code == CLD_EXITED ? end.status : 128 + end.status;
    if (ended_.output.size() > command_.output_max) return stop(Stopped::too_much_output);
    return std::move(ended_);
  }

 private:
  static bool more(const unique_fd& pipe) {
    pollfd one{pipe.get(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 1 && (one.revents & POLLIN) != 0;
  }

  Stopped too_much(Instant now) {
    if (ended_.errors.size() > kErrorsMax) {
      ended_.errors.erase(0, ended_.errors.size() - kErrorsMax);
    }
    if (report_.size() > kReportMax) report_.resize(kReportMax);
    if (ended_.output.size() > command_.output_max) return Stopped::too_much_output;
    if (sandbox_.watched_bytes_max == 0 || now - looked_ < kLookEvery) return Stopped::no;
    looked_ = now;
    const bool full = bytes_below(sandbox_.watched_directory) > sandbox_.watched_bytes_max;
    return full ? Stopped::too_much_written : Stopped::no;
  }

  Ended stop(Stopped why) {
    ended_.stopped = why;
    return std::move(ended_);
  }

  const Sandbox& sandbox_;
  const Command& command_;
  unique_fd pidfd_;
  Ended ended_;
  std::string report_;
  Instant looked_{};
};

}  // namespace

Result<Ended> run_confined(const Sandbox& sandbox, const Command& command, Instant deadline) {
  const unique_fd input = TRY(input_file(command.input));
  Pipe output = TRY(make_pipe());
  Pipe errors = TRY(make_pipe());
  Pipe report = TRY(make_pipe());
  std::uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (!sandbox.network) flags |= CLONE_NEWNET;
  int pidfd = -1;
  const pid_t pid = raw::clone3(flags, SIGCHLD, &pidfd, -1);
  if (pid == 0) {
    raw::reset_signal_dispositions(0);
    raw::clear_signal_mask();
    arrange({input.get(), output.writer.get(), errors.writer.get(), report.writer.get()});
    become_confined(sandbox, command, kReport);
  }
  if (pid < 0) return fail_errno("cannot start a confined process", -pid);
  Watch watch(sandbox, command, unique_fd(pidfd));
  output.writer.reset();
  errors.writer.reset();
  report.writer.reset();
  return watch.until_end(std::move(output.reader), std::move(errors.reader),
                         std::move(report.reader), deadline);
}

}  // namespace berth::source
