#include "supervisor/base/trusted_open.h"

#include <array>
#include <deque>
#include <string_view>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth {

namespace {

constexpr int kLinksMost = 40;  // as the kernel's own limit, path_resolution(7)

class Walk {
 public:
  Walk(unique_fd root, bool away, const std::string& path) : at_(std::move(root)), away_(away) {
    push_front(path);
  }

  Result<Found> run() {
    if (auto checked = check(); !checked) return std::unexpected(std::move(checked).error());
    while (!rest_.empty()) {
      const std::string name = std::move(rest_.front());
      rest_.pop_front();
      unique_fd next(::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!next) return fail_errno("it cannot be opened");
      struct stat status{};
      if (::fstat(next.get(), &status) != 0) return fail_errno("it cannot be looked at");
      if (S_ISLNK(status.st_mode)) {
        TRY(follow(next, status));
        continue;
      }
      at_ = std::move(next);
      TRY(check());
    }
    return Found{std::move(at_), away_};
  }

 private:
  void push_front(std::string_view path) {
    while (!path.empty()) {
      const std::size_t slash = path.rfind('/');
      const std::string_view part = slash == path.npos ? path : path.substr(slash + 1);
      if (!part.empty() && part != ".") rest_.emplace_front(part);
      path = path.substr(0, slash == path.npos ? 0 : slash);
    }
  }

  Result<void> follow(const unique_fd& link, const struct stat& status) {
    if (status.st_uid != 0) return fail("a symlink on the way to it does not belong to root");
    if (++links_ > kLinksMost) return fail_errno("it cannot be opened", ELOOP);
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(link.get(), "", target.data(), target.size());
    if (length < 0) return fail_errno("a symlink on the way to it cannot be read");
    push_front(std::string_view(target.data(), static_cast<std::size_t>(length)));
    if (target[0] != '/') return {};
    at_ = unique_fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at_) return fail_errno("cannot open /");
    away_ = true;
    return {};
  }

  Result<void> check() const {
    struct stat status{};
    if (::fstat(at_.get(), &status) != 0) return fail_errno("it cannot be looked at");
    const bool directory = S_ISDIR(status.st_mode);
    const std::string subject = directory && !rest_.empty() ? "a directory above it" : "it";
    if (status.st_uid != 0) return fail(subject + " does not belong to root");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    if (directory && away_ && !rest_.empty() && (status.st_mode & S_ISVTX) != 0) return {};
    return fail(subject + " can be written by others than root");
  }

  unique_fd at_;
  std::deque<std::string> rest_;
  int links_ = 0;
  bool away_;
};

}  // namespace

Result<Found> open_path(const std::string& root, const std::string& path, bool trusted) {
  const std::string base = root.empty() ? "/" : root;
  if (!trusted) {
    unique_fd found(::open((base + "/" + path).c_str(), O_PATH | O_CLOEXEC));
    if (!found) return fail_errno("it cannot be opened");
    return Found{std::move(found)};
  }
  unique_fd top(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) return fail_errno("it cannot be opened");
  return Walk(std::move(top), false, path).run();
}

Result<Found> open_trusted(const std::string& path) {
  unique_fd top(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) return fail_errno("cannot open /");
  return Walk(std::move(top), true, path).run();
}

Result<Found> open_below(const Found& directory, const std::string& path, bool trusted) {
  if (!trusted) {
    unique_fd found(::openat(directory.fd.get(), path.c_str(), O_PATH | O_CLOEXEC));
    if (!found) return fail_errno("it cannot be opened");
    return Found{std::move(found)};
  }
  unique_fd top(::openat(directory.fd.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) return fail_errno("it cannot be opened");
  return Walk(std::move(top), directory.away, path).run();
}

Result<std::string> read_regular(const unique_fd& path, std::size_t most) {
  struct stat status{};
  if (::fstat(path.get(), &status) != 0) return fail_errno("it cannot be looked at");
  if (!S_ISREG(status.st_mode)) return fail("it is not a regular file");
  // The descriptor's own entry in /proc leads to the very file that was looked at.
  const std::string self = "/proc/self/fd/" + std::to_string(path.get());
  const unique_fd file(::open(self.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return fail_errno("it cannot be opened");
  // Read to its end or to the bound, whatever size it said it had: it may grow meanwhile.
  std::string content;
  std::array<char, 16384> buffer;
  while (content.size() <= most) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("it cannot be read");
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return fail("it is larger than 1 MiB");
}

}  // namespace berth
