// Whose processes the confined ones are.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {

inline constexpr const char* kAccountName = "berth-sync";

// The system user berth-sync when there is one (systemd-sysusers makes it). Otherwise ids between
// those of systemd's dynamic users and nobody's (65520 to 65533), of which neither the user nor the
// group database knows anything: "nobody" itself may own files and processes. Root's ids are an
// error.
Result<Ids> choose_account();

// /etc/passwd as the confined program sees it: ssh wants to know its user.
std::string account_file(Ids ids);

}  // namespace berth::source
