#include "supervisor/source/account.h"

#include <array>

#include <grp.h>
#include <pwd.h>

namespace berth::source {
namespace {

// Through the reentrant functions: their answers are ours, and errors differ from "there is none".
bool user_is_known(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer;
  return ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found != nullptr;
}

bool group_is_known(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16384> buffer;
  return ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) != 0 || found != nullptr;
}

}  // namespace

Result<Ids> choose_account() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer;
  if (::getpwnam_r(kAccountName, &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    if (entry.pw_uid == 0 || entry.pw_gid == 0) {
      return fail(std::string("the user ") + kAccountName + " has the ids of root");
    }
    return Ids{entry.pw_uid, entry.pw_gid};
  }
  constexpr uid_t kHighest = 65533;
  constexpr uid_t kLowest = 65520;
  for (uid_t id = kHighest; id >= kLowest; --id) {
    if (!user_is_known(id) && !group_is_known(id)) return Ids{id, id};
  }
  return fail(std::string("there is no user ") + kAccountName +
              ", and the ids from 65520 to 65533 are all in use");
}

std::string account_file(Ids ids) {
  const std::string numbers = std::to_string(ids.uid) + ":" + std::to_string(ids.gid);
  return "root:x:0:0::/:/usr/sbin/nologin\n" + std::string(kAccountName) + ":x:" + numbers +
         "::/berth/work:/usr/sbin/nologin\n";
}

}  // namespace berth::source
