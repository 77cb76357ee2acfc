// Who the payload is to be: "user[:group]" looked up in the container's own /etc/passwd and
// /etc/group, with no name service, in the child and without allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <limits.h>
#include <sys/types.h>

namespace berth::runtime {

inline constexpr std::size_t kMaxGroups = 1024;

struct FoundUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::array<gid_t, kMaxGroups> groups{};  // supplementary
  std::size_t group_count = 0;
  char home[PATH_MAX] = {};  // empty: not known
};

// Strictly decimal and below 2^32 - 1, which the kernel takes for "no change". None otherwise.
std::optional<std::uint32_t> parse_id(std::string_view text) noexcept;

// `who`: "", "user", "user:group", names or numbers; the files are opened below `directory`
// (AT_FDCWD with absolute names in the child). 0 or the errno: ENOENT: no such user or group;
// ERANGE: an id that is out of range; EINVAL: not a regular file, or not understood;
// EOVERFLOW: more groups than kMaxGroups, or an endless line.
// - A number needs no file; where the user's number has an entry, its group and home are taken.
// - Supplementary groups are those that /etc/group lists the user's name in, unless a group is
//   given.
int find_user(std::string_view who, int directory, const char* passwd, const char* group,
              FoundUser& found) noexcept;

}  // namespace berth::runtime
