// The owner of a container's log files: appends records, rotates by size, and keeps account of
// what could not be written. Writing never fails towards the caller: a payload must not be held
// up by a full disk, so bytes that find no place are counted, and once writing works again a
// record says how many they were and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/base/units.h"

namespace berth::logs {

class LogWriter {
 public:
  // Opens `directory`/`file_name` for appending, making what is missing. Where that fails the
  // writer is there all the same: trouble() says why, and every write tries again.
  LogWriter(std::string directory, std::string file_name, Bytes max_size, std::int64_t max_files);

  // Appends whole records (see cri_lines.h), with one write(2) unless a file becomes full. A
  // record is never split over two files; one that is larger than max_size gets a file of its own.
  void write(std::string_view records, WallTime now);

  // Writes the record about a loss now, if one is due and it can be written.
  void settle(WallTime now);

  // Takes effect at once: surplus files are removed, and a file over max_size is rotated by the
  // next write. max_files below 1 counts as 1.
  void set_limits(Bytes max_size, std::int64_t max_files);

  // What keeps records from being written; none once writing works again.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
  // Bytes of the payload that were lost since this writer was made.
  [[nodiscard]] std::uint64_t lost_total() const { return lost_total_; }

 private:
  Result<void> ensure_open();
  Result<void> reopen();
  Result<void> append_all(std::string_view& records);
  Result<void> append(std::string_view& records, std::size_t size);
  Result<void> close_torn_record();
  [[nodiscard]] std::size_t fitting(std::string_view records) const;
  void report_loss(WallTime now);

  std::string directory_path_;
  std::string file_name_;
  std::uint64_t max_size_;
  std::int64_t max_files_;

  unique_fd directory_;
  unique_fd file_;
  std::uint64_t size_ = 0;  // of file_
  bool torn_ = false;       // file_ ends within a record

  std::uint64_t lost_ = 0;  // not reported yet
  std::uint64_t lost_total_ = 0;
  Error lost_reason_;
  std::optional<Error> trouble_;
};

}  // namespace berth::logs
