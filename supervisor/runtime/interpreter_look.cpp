#include "supervisor/runtime/interpreter_look.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/base/sha256.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/files.h"

namespace berth::runtime {
namespace {

using handoff::FileQuestion;
using handoff::FilesRequest;
using handoff::FileStamp;

std::array<std::byte, 65536> buffer;  // not resident until it is used

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) noexcept {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

bool is_recent(const FileStamp& stamp) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age = nanoseconds(now) - std::max(stamp.changed, stamp.modified);
  return age >= 0 && age < handoff::kFileQuiet;
}

int kind_error(mode_t mode) noexcept {
  if (S_ISREG(mode)) return 0;
  return S_ISDIR(mode) ? EISDIR : EINVAL;
}

// Opened for reading only when it is a regular file: to open a FIFO waits, and to open a device
// can set something off. Negative: -errno.
int open_regular(const char* path, struct stat& status) noexcept {
  const unique_fd found(::open(path, O_PATH | O_CLOEXEC));
  if (!found || ::fstat(found.get(), &status) != 0) return -errno;
  if (const int error = kind_error(status.st_mode); error != 0) return -error;
  char link[] = "/proc/self/fd/0123456789";
  Detail name;
  name.add("/proc/self/fd/");
  name.add_number(found.get());
  std::memcpy(link, name.text, std::min(sizeof(link), name.size + 1));
  const int fd = ::open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

// Hands the content to `take` in pieces. 0 or the errno; EFBIG when there is more than `most`.
template <class Take>
int read_whole(int fd, std::uint64_t most, Take take) noexcept {
  for (std::uint64_t done = 0;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return 0;
    done += static_cast<std::uint64_t>(count);
    if (done > most) return EFBIG;
    if (const int error = take(std::span(buffer).first(static_cast<std::size_t>(count)));
        error != 0) {
      return error;
    }
  }
}

int digest(const FilesRequest& request, FileQuestion& question, int fd) noexcept {
  HmacSha256 mac(request.header().key);
  const auto take = [&](std::span<const std::byte> bytes) {
    mac.add(bytes);
    if (question.wanted != 0) {
      std::ranges::copy(bytes, request.room(question).subspan(question.content_size).begin());
      question.content_size += bytes.size();
    }
    return 0;
  };
  const int error = read_whole(fd, question.most, take);
  if (error == 0) question.digest = mac.finish();
  return error;
}

int look(const FilesRequest& request, FileQuestion& question) noexcept {
  struct stat status{};
  const char* const path = request.path(question);
  if (::stat(path, &status) != 0) return errno;
  question.stamp = stamp_of(status);
  question.same = question.stamp == question.known ? 1 : 0;
  if (question.same != 0) return kind_error(status.st_mode);
  const int opened = open_regular(path, status);
  if (opened < 0) return -opened;
  const unique_fd file(opened);
  const FileStamp before = stamp_of(status);
  if (const int error = digest(request, question, opened); error != 0) return error;
  if (::fstat(opened, &status) != 0) return errno;
  question.stamp = stamp_of(status);
  question.recent = question.stamp != before || is_recent(question.stamp) ? 1 : 0;
  return 0;
}

int write_all(int fd, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

int look_at_files(const handoff::Step& step) noexcept {
  const auto request = FilesRequest::open(step.fd);
  if (!request) return request.error().code;
  std::uint32_t index = 0;
  for (FileQuestion& question : request->questions()) {
    __atomic_store_n(&request->header().at, index++, __ATOMIC_RELEASE);
    question.error = look(*request, question);
    __atomic_store_n(&question.answered, 1u, __ATOMIC_RELEASE);
  }
  std::ranges::fill(buffer, std::byte{0});  // nothing of a secret stays in this process
  return 0;
}

int copy_file(const StepContext& context, const handoff::Step& step) noexcept {
  struct stat status{};
  const int opened = open_regular(context.program.text(step.text), status);
  if (opened < 0) {
    if (opened == -EINVAL) context.detail->add("it is not a regular file");
    return -opened;
  }
  const unique_fd from(opened);
  const unique_fd to(::openat(step.fd2, context.program.text(step.text2),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                              static_cast<mode_t>(step.value & 07777)));
  if (!to) return errno;
  const int error = read_whole(from.get(), step.value2, [&](std::span<const std::byte> bytes) {
    return write_all(to.get(), bytes);
  });
  std::ranges::fill(buffer, std::byte{0});
  if (error == EFBIG) {
    context.detail->add("it is larger than ");
    context.detail->add_number(static_cast<std::int64_t>(step.value2));
    context.detail->add(" bytes");
  }
  return error;
}

}  // namespace berth::runtime
