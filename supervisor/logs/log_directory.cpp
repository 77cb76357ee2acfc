#include "supervisor/logs/log_directory.h"

#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::logs {

namespace {

constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kForbiddenMode = 0027;
constexpr mode_t kFileMode = 0640;
constexpr std::size_t kPrivateComponents = 2;  // "berth", and the container's name
constexpr int kOpenAttempts = 8;

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) components.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return components;
}

// Refuses a directory of another user, and takes away what lets others write to it or look in.
// A group's reading is left to the administrator.
Result<void> make_private(int directory, const std::string& name) {
  struct stat status{};
  if (::fstat(directory, &status) < 0) return fail_errno("cannot stat directory " + name);
  if (status.st_uid != ::geteuid()) return fail("directory " + name + " belongs to another user");
  const mode_t mode = status.st_mode & 07777;
  if ((mode & kForbiddenMode) != 0 && ::fchmod(directory, mode & ~kForbiddenMode) < 0)
    return fail_errno("cannot set the mode of directory " + name);
  return {};
}

// The directory `name` below `parent`, made when it is missing.
Result<unique_fd> open_component(int parent, const std::string& name, bool is_private) {
  const mode_t mode = is_private ? kDirectoryMode : 0755;
  if (::mkdirat(parent, name.c_str(), mode) < 0 && errno != EEXIST)
    return fail_errno("cannot make directory " + name);
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (is_private ? O_NOFOLLOW : 0);
  unique_fd directory(::openat(parent, name.c_str(), flags));
  if (!directory) return fail_errno("cannot open directory " + name);
  if (is_private) TRY(make_private(directory.get(), name));
  return directory;
}

// A file that only we could have put there, and that has no second name elsewhere.
bool is_ours(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_uid == ::geteuid();
}

// True for the ways in which openat says that the name is taken by something else than a file.
bool is_foreign(int code) { return code == ELOOP || code == ENXIO || code == ENODEV; }

}  // namespace

Result<unique_fd> open_log_directory(const std::string& path) {
  const std::vector<std::string> components = components_of(path);
  unique_fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno("cannot open /");
  for (std::size_t i = 0; i < components.size(); ++i) {
    const bool is_private = i + kPrivateComponents >= components.size();
    auto next = open_component(directory.get(), components[i], is_private);
    if (!next) return std::unexpected(std::move(next).error().within(path));
    directory = std::move(next).value();
  }
  return directory;
}

Result<LogFile> open_log_file(int directory, const std::string& name) {
  // O_NONBLOCK: a FIFO or device put there must not hold us up before it is seen for what it is.
  constexpr int kFlags =
      O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    unique_fd file(::openat(directory, name.c_str(), kFlags, kFileMode));
    if (!file && !is_foreign(errno)) return fail_errno("cannot open " + name);
    struct stat status{};
    if (file && ::fstat(file.get(), &status) < 0) return fail_errno("cannot stat " + name);
    if (file && is_ours(status)) {
      if ((status.st_mode & 07777) != kFileMode && ::fchmod(file.get(), kFileMode) < 0)
        return fail_errno("cannot set the mode of " + name);
      return LogFile{std::move(file), static_cast<std::uint64_t>(status.st_size)};
    }
    if (::unlinkat(directory, name.c_str(), 0) < 0 && errno != ENOENT)
      return fail_errno("cannot remove what stands in the place of " + name);
  }
  return fail("cannot open " + name + ": something else is put in its place again and again");
}

}  // namespace berth::logs
