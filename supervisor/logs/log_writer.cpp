#include "supervisor/logs/log_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <unistd.h>

#include "supervisor/logs/cri_lines.h"
#include "supervisor/logs/log_directory.h"
#include "supervisor/logs/rotation.h"

namespace berth::logs {

namespace {

struct Written {
  std::size_t count = 0;
  int error = 0;  // why not all was written
};

Written write_all(int fd, std::string_view bytes) {
  Written written;
  while (written.count < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written.count, bytes.size() - written.count);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      written.error = count < 0 ? errno : EIO;
      break;
    }
    written.count += static_cast<std::size_t>(count);
  }
  return written;
}

}  // namespace

LogWriter::LogWriter(std::string directory, std::string file_name, Bytes max_size,
                     std::int64_t max_files)
    : directory_path_(std::move(directory)),
      file_name_(std::move(file_name)),
      max_size_(max_size.count),
      max_files_(max_files) {
  set_limits(max_size, max_files);
}

void LogWriter::set_limits(Bytes max_size, std::int64_t max_files) {
  max_size_ = max_size.count;
  max_files_ = std::max<std::int64_t>(max_files, 1);
  auto limited = ensure_open();
  if (limited) limited = remove_excess(directory_.get(), file_name_, max_files_);
  trouble_.reset();
  if (!limited) trouble_ = std::move(limited).error();
}

void LogWriter::write(std::string_view records, WallTime now) {
  if (lost_ > 0) report_loss(now);
  // While a loss cannot be reported nothing else is written: the notice stands where bytes are
  // missing.
  auto written = lost_ > 0 ? Result<void>(std::unexpected(*trouble_)) : append_all(records);
  if (written) {
    trouble_.reset();
    return;
  }
  trouble_ = std::move(written).error();
  lost_reason_ = *trouble_;
  const std::uint64_t lost = payload_size(records);
  lost_ += lost;
  lost_total_ += lost;
}

void LogWriter::settle(WallTime now) {
  if (lost_ > 0) write({}, now);
}

void LogWriter::report_loss(WallTime now) {
  const std::string reason =
      lost_reason_.code != 0 ? ::strerror(lost_reason_.code) : lost_reason_.what;
  const std::string notice = notice_record(std::to_string(lost_) + " bytes lost: " + reason, now);
  std::string_view unwritten = notice;
  if (auto written = append_all(unwritten); written) {
    lost_ = 0;
  } else {
    trouble_ = std::move(written).error();
  }
}

// On failure `records` is what has not been written.
Result<void> LogWriter::append_all(std::string_view& records) {
  while (!records.empty()) {
    TRY(ensure_open());
    const std::size_t size = fitting(records);
    if (size > 0) {
      TRY(append(records, size));
      continue;
    }
    TRY(rotate(directory_.get(), file_name_, max_files_));
    file_.reset();
  }
  return {};
}

// How many bytes of whole records go into the file that is open; 0 when it is full.
std::size_t LogWriter::fitting(std::string_view records) const {
  const std::uint64_t room = max_size_ > size_ ? max_size_ - size_ : 0;
  if (records.size() <= room) return records.size();
  if (room > 0) {
    const std::size_t newline = records.rfind('\n', static_cast<std::size_t>(room) - 1);
    if (newline != std::string_view::npos) return newline + 1;
  }
  return size_ == 0 ? records.find('\n') + 1 : 0;
}

// Writes the first `size` bytes and takes from `records` the whole records that were written.
Result<void> LogWriter::append(std::string_view& records, std::size_t size) {
  TRY(close_torn_record());
  const Written written = write_all(file_.get(), records.substr(0, size));
  size_ += written.count;
  if (written.error == 0) {
    records.remove_prefix(size);
    return {};
  }

  const std::size_t whole =
      written.count == 0 ? 0 : records.rfind('\n', written.count - 1) + 1;  // npos + 1 is 0
  records.remove_prefix(whole);
  if (const std::size_t rest = written.count - whole; rest > 0) {
    // The file's own end is asked for: somebody may have truncated it behind our back.
    const off_t end = ::lseek(file_.get(), 0, SEEK_END);
    const auto torn = static_cast<off_t>(rest);
    torn_ = end < torn || ::ftruncate(file_.get(), end - torn) < 0;
    if (!torn_) size_ -= rest;
  }
  return fail_errno("cannot write " + file_name_, written.error);
}

Result<void> LogWriter::close_torn_record() {
  if (!torn_) return {};
  if (const Written written = write_all(file_.get(), "\n"); written.error != 0)
    return fail_errno("cannot write " + file_name_, written.error);
  torn_ = false;
  size_ += 1;
  return {};
}

Result<void> LogWriter::ensure_open() {
  if (file_) return {};
  auto opened = reopen();
  if (opened || opened.error().code != ENOENT) return opened;
  // The directory that we hold was removed: files cannot be made in it any more.
  directory_.reset();
  return reopen();
}

Result<void> LogWriter::reopen() {
  if (!directory_) directory_ = TRY(open_log_directory(directory_path_));
  LogFile opened = TRY(open_log_file(directory_.get(), file_name_));
  file_ = std::move(opened.fd);
  size_ = opened.size;
  // A power failure may have left half a record; it must not swallow the next one.
  char last = '\n';
  if (size_ > 0 && ::pread(file_.get(), &last, 1, static_cast<off_t>(size_ - 1)) < 0)
    return fail_errno("cannot read " + file_name_);
  torn_ = last != '\n';
  return {};
}

}  // namespace berth::logs
