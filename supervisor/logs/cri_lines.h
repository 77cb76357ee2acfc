// The Kubernetes CRI line format, as a pure function: bytes, a stream and a time become records.
//
//   2016-10-06T00:17:09.669794202Z stdout F the text of a whole line
//   2016-10-06T00:17:09.669794202Z stdout P a part of a line; the rest follows in later records
//
// The payload's bytes are kept as they are, CR and NUL too: joining a stream's records (P without,
// F with a newline) gives back what was written. Each record is one line of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"

namespace berth::logs {

enum class Stream { out, err };
std::string_view name_of(Stream stream);  // "stdout"

inline constexpr std::size_t kLineMax = 16 * 1024;  // longer lines become P records and one F
inline constexpr std::size_t kPrefixSize = 40;      // of every record, up to the text

// One stream's line state. Holds at most line_max bytes of a line that has not ended yet.
class CriLines {
 public:
  explicit CriLines(Stream stream, std::size_t line_max = kLineMax);

  // Appends to `out` the records that `bytes` complete, all stamped `now`; keeps the rest.
  void feed(std::string_view bytes, WallTime now, std::string& out);

  // Appends what is kept as a P record: the stream is closed, or another worker goes on with it.
  void finish(WallTime now, std::string& out);

  // The stream is a terminal's, which puts a carriage return in front of each newline: those are
  // no part of the text.
  void drop_returns() { drops_returns_ = true; }
  void set_line_max(std::size_t line_max) { line_max_ = line_max; }
  [[nodiscard]] std::size_t carried() const { return carry_.size(); }

 private:
  Stream stream_;
  std::size_t line_max_;
  bool drops_returns_ = false;
  std::string carry_;
};

// A line of berth's own: "TIME stderr F [berth] TEXT\n". `text` holds no newline.
std::string notice_record(std::string_view text, WallTime now);

// How many bytes of the payload `records` stand for. Whole records only.
std::uint64_t payload_size(std::string_view records);

}  // namespace berth::logs
