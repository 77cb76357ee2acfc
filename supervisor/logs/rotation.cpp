#include "supervisor/logs/rotation.h"

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth::logs {

namespace {

// The number that the newest rotated file's elders move up to: the first free one, or the last
// that may exist, whose file is then replaced.
std::int64_t first_free(int directory, const std::string& base, std::int64_t last) {
  for (std::int64_t number = 1; number < last; ++number) {
    struct stat status{};
    if (::fstatat(directory, rotated_name(base, number).c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
      return number;
  }
  return last;
}

// The N of "base.N"; none for other names and for spellings that rotated_name does not make.
std::optional<std::int64_t> number_of(std::string_view name, const std::string& base) {
  if (!name.starts_with(base) || name.size() < base.size() + 2) return std::nullopt;
  const std::string_view digits = name.substr(base.size() + 1);
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 1) return std::nullopt;
  if (rotated_name(base, number) != name) return std::nullopt;
  return number;
}

}  // namespace

std::string rotated_name(const std::string& base, std::int64_t number) {
  return number == 0 ? base : base + "." + std::to_string(number);
}

Result<void> rotate(int directory, const std::string& base, std::int64_t max_files) {
  if (max_files <= 1) {
    if (::unlinkat(directory, base.c_str(), 0) < 0 && errno != ENOENT)
      return fail_errno("cannot remove " + base);
    return {};
  }
  for (std::int64_t number = first_free(directory, base, max_files - 1); number > 0; --number) {
    const std::string from = rotated_name(base, number - 1);
    const std::string to = rotated_name(base, number);
    if (::renameat(directory, from.c_str(), directory, to.c_str()) < 0 && errno != ENOENT)
      return fail_errno("cannot rename " + from + " to " + to);
  }
  return {};
}

Result<void> remove_excess(int directory, const std::string& base, std::int64_t max_files) {
  // A description of its own: reading moves the position, and closedir closes it.
  unique_fd reading(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!reading) return fail_errno("cannot open the directory of " + base);
  std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(reading.get()), ::closedir);
  if (!entries) return fail_errno("cannot read the directory of " + base);
  (void)reading.release();  // closed with `entries`

  while (const dirent* entry = ::readdir(entries.get())) {
    const auto number = number_of(entry->d_name, base);
    if (!number || *number < max_files) continue;
    if (::unlinkat(directory, entry->d_name, 0) < 0 && errno != ENOENT)
      return fail_errno(std::string("cannot remove ") + entry->d_name);
  }
  return {};
}

}  // namespace berth::logs
