// Rotation by renaming within a directory that is held open: NAME.log becomes NAME.log.1, that
// becomes NAME.log.2, and so on; the oldest is removed. Paths are never looked up again, and
// rename and unlink act on a symbolic link itself, so nothing outside of the directory is touched.
#pragma once

#include <cstdint>
#include <string>

#include "supervisor/base/result.h"

namespace berth::logs {

// "web.log" for 0, "web.log.3" for 3.
std::string rotated_name(const std::string& base, std::int64_t number);

// Makes the name `base` free. At most max_files - 1 older files are left, so that with the one
// made next there are max_files. A gap in the numbers (an earlier rotation that was cut off) is
// filled before anything is removed. Does at most 2 * max_files system calls.
Result<void> rotate(int directory, const std::string& base, std::int64_t max_files);

// Removes base.N for every N >= max_files: max_files has become smaller.
Result<void> remove_excess(int directory, const std::string& base, std::int64_t max_files);

}  // namespace berth::logs
