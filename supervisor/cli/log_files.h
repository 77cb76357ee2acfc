// The log files of one container: NAME.log, which is written, and NAME.log.1, .2, ..., which were
// rotated away, the older the higher. Opened without following symlinks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::cli {

struct LogFile {
  unique_fd fd;
  std::uint64_t inode = 0;
};

// All that are there, oldest first. ENOENT: the directory is not there.
Result<std::vector<LogFile>> open_log_files(const std::string& directory, const std::string& name);

// Where the last `count` lines begin for which `counts` is true; also how many there are, when
// the file has fewer.
struct Tail {
  std::uint64_t offset = 0;
  std::uint64_t lines = 0;
};
Result<Tail> find_tail(int fd, std::uint64_t count,
                       const std::function<bool(std::string_view line)>& counts);

// Reads whole lines from an offset on, and keeps what is not whole yet for the next call.
class LineReader {
 public:
  explicit LineReader(int fd, std::uint64_t offset = 0) : fd_(fd), offset_(offset) {}
  // Calls `use` for every whole line until the end of the file.
  Result<void> read(const std::function<void(std::string_view line)>& use);

 private:
  int fd_;
  std::uint64_t offset_;
  std::string rest_;
};

}  // namespace berth::cli
