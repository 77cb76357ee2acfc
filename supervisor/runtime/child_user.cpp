#include "supervisor/runtime/child_user.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

constexpr std::size_t kMaxFile = 16u << 20;  // bytes that are looked at
constexpr std::size_t kMaxFields = 7;

// Too large for a small stack; the process that uses it is single-threaded.
char line_buffer[1 << 16];

// "name:password:1000:1000:gecos:/home/name:/bin/sh", cut at its colons.
struct Fields {
  std::array<std::string_view, kMaxFields> at{};
  std::size_t count = 0;
};

Fields split_fields(std::string_view line) noexcept {
  Fields fields;
  while (fields.count < kMaxFields) {
    const std::size_t end = line.find(':');
    fields.at[fields.count++] = line.substr(0, end);
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return fields;
}

// /etc may lead anywhere in the container, but not out of it: through /proc/PID/root a container's
// link could lead to the host's files while the process still has the host's rights.
// ENOENT also for what is there but no regular file is not said: a FIFO or device is EINVAL.
unique_fd open_regular(int directory, const char* path, int& error) noexcept {
  const int opened =
      kernel::raw::openat2(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0,
                           kernel::raw::kResolveNoMagicLinks);
  unique_fd fd(std::max(opened, -1));
  struct stat status{};
  error = 0;
  if (opened < 0)
    error = opened == -ELOOP ? EINVAL : -opened;
  else if (::fstat(fd.get(), &status) != 0)
    error = errno;
  else if (!S_ISREG(status.st_mode))
    error = EINVAL;
  if (error != 0) fd.reset();
  return fd;
}

// Calls `visit(line)` for each line until one answers true. 0 or the errno.
template <class Visit>
int for_each_line(int fd, Visit visit) noexcept {
  std::size_t filled = 0;
  std::size_t total = 0;
  for (;;) {
    if (filled == sizeof(line_buffer)) return EOVERFLOW;
    const ssize_t count = ::read(fd, line_buffer + filled, sizeof(line_buffer) - filled);
    if (count < 0) return errno;
    filled += static_cast<std::size_t>(count);
    total += static_cast<std::size_t>(count);
    if (total > kMaxFile) return EFBIG;
    std::string_view rest(line_buffer, filled);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (visit(rest.substr(0, end))) return 0;
      rest.remove_prefix(end + 1);
    }
    if (count == 0) {
      if (!rest.empty()) visit(rest);  // a last line without its newline
      return 0;
    }
    std::memmove(line_buffer, rest.data(), rest.size());
    filled = rest.size();
  }
}

struct Entry {
  char name[256] = {};  // as passwd has it: what /etc/group lists
  bool found = false;
  int error = 0;  // its ids are out of range
};

void take_entry(const Fields& fields, Entry& entry, FoundUser& user) noexcept {
  entry.found = true;
  const auto uid = parse_id(fields.at[2]);
  const auto gid = parse_id(fields.at[3]);
  const std::string_view name = fields.at[0];
  const std::string_view home = fields.at[5];
  if (!uid || !gid) {
    entry.error = ERANGE;
    return;
  }
  if (name.size() >= sizeof(entry.name) || home.size() >= sizeof(user.home)) {
    entry.error = EINVAL;
    return;
  }
  user.uid = *uid;
  user.gid = *gid;
  std::memcpy(entry.name, name.data(), name.size());
  std::memcpy(user.home, home.data(), home.size());
  user.home[home.size()] = '\0';
}

// The first line with this name, or with this number when `id` is given.
int look_up_user(int directory, const char* passwd, std::string_view name,
                 std::optional<std::uint32_t> id, Entry& entry, FoundUser& user) noexcept {
  int error = 0;
  const unique_fd fd = open_regular(directory, passwd, error);
  if (error != 0) return error;
  error = for_each_line(fd.get(), [&](std::string_view line) {
    const Fields fields = split_fields(line);
    if (fields.count < kMaxFields) return false;
    const bool match = id ? parse_id(fields.at[2]) == id : fields.at[0] == name;
    if (match) take_entry(fields, entry, user);
    return match;
  });
  return error != 0 ? error : entry.error;
}

int look_up_group(int directory, const char* group, std::string_view name, gid_t& gid) noexcept {
  int error = 0;
  const unique_fd fd = open_regular(directory, group, error);
  if (error != 0) return error;
  int outcome = ENOENT;
  error = for_each_line(fd.get(), [&](std::string_view line) {
    const Fields fields = split_fields(line);
    if (fields.count < 3 || fields.at[0] != name) return false;
    const auto id = parse_id(fields.at[2]);
    if (id) gid = *id;
    outcome = id ? 0 : ERANGE;
    return true;
  });
  return error != 0 ? error : outcome;
}

bool lists(std::string_view members, std::string_view name) noexcept {
  while (!members.empty()) {
    const std::size_t end = members.find(',');
    if (members.substr(0, end) == name) return true;
    if (end == std::string_view::npos) return false;
    members.remove_prefix(end + 1);
  }
  return false;
}

// A container without /etc/group has no supplementary groups.
int look_up_memberships(int directory, const char* group, std::string_view name,
                        FoundUser& user) noexcept {
  int error = 0;
  const unique_fd fd = open_regular(directory, group, error);
  if (error != 0) return error == ENOENT ? 0 : error;
  int outcome = 0;
  error = for_each_line(fd.get(), [&](std::string_view line) {
    const Fields fields = split_fields(line);
    if (fields.count < 4 || !lists(fields.at[3], name)) return false;
    const auto id = parse_id(fields.at[2]);
    if (!id)
      outcome = ERANGE;
    else if (user.group_count == kMaxGroups)
      outcome = EOVERFLOW;
    else
      user.groups[user.group_count++] = *id;
    return outcome != 0;
  });
  return error != 0 ? error : outcome;
}

// 0 with entry.found unset: a number without an entry.
int resolve_user(std::string_view name, int directory, const char* passwd, Entry& entry,
                 FoundUser& user) noexcept {
  const bool numeric = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
  if (!numeric) {
    const int error = look_up_user(directory, passwd, name, std::nullopt, entry, user);
    return error == 0 && !entry.found ? ENOENT : error;
  }
  const auto id = parse_id(name);
  if (!id) return ERANGE;
  // Whatever the container made of its file, a number is what it is.
  if (look_up_user(directory, passwd, name, id, entry, user) != 0) entry = {};
  user.uid = *id;
  if (!entry.found) user.gid = 0;
  return 0;
}

}  // namespace

std::optional<std::uint32_t> parse_id(std::string_view text) noexcept {
  if (text.empty() || text.size() > 10) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value >= 0xffffffffu) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

int find_user(std::string_view who, int directory, const char* passwd, const char* group,
              FoundUser& found) noexcept {
  found.uid = 0;
  found.gid = 0;
  found.group_count = 0;
  found.home[0] = '\0';
  const std::size_t colon = who.find(':');
  const std::string_view user_name = who.empty() ? "0" : who.substr(0, colon);
  Entry entry;
  if (const int error = resolve_user(user_name, directory, passwd, entry, found); error != 0) {
    return error;
  }
  if (colon == std::string_view::npos) {
    if (!entry.found || who.empty()) return 0;
    return look_up_memberships(directory, group, entry.name, found);
  }
  const std::string_view group_name = who.substr(colon + 1);
  if (group_name.empty()) return EINVAL;
  if (group_name.find_first_not_of("0123456789") != group_name.npos) {
    return look_up_group(directory, group, group_name, found.gid);
  }
  const auto gid = parse_id(group_name);
  if (!gid) return ERANGE;
  found.gid = *gid;
  return 0;
}

}  // namespace berth::runtime
