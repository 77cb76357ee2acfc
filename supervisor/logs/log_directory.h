// Opening a container's log directory and the files in it so that no name can lead elsewhere:
// the directory is opened once and held, files are opened below it, never through a link, and
// checked by descriptor before the first byte is written (CVE-2023-0778).
#pragma once

#include <cstdint>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::logs {

// Opens the absolute `path`, making what is missing. The last two components ("berth/NAME") are
// private: ours, 0750 or less, and no links. What lies above is the host's.
Result<unique_fd> open_log_directory(const std::string& path);

struct LogFile {
  unique_fd fd;  // reading and appending
  std::uint64_t size = 0;
};

// Opens `name` below `directory` for appending, mode 0640. Anything there that is not a plain
// file of ours with one name (a link, a FIFO, a hard link to something else) is removed first.
Result<LogFile> open_log_file(int directory, const std::string& name);

}  // namespace berth::logs
