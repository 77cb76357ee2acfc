// What the tests of this folder share: a directory that goes away with the test, and files' text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/logs/cri_lines.h"

namespace berth::logs::testing {

class TempDir {
 public:
  TempDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "berth-logs-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void put_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

// The records of a log file, each without its newline.
inline std::vector<std::string> records_of(std::string_view text) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    records.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return records;
}

// What the payload wrote on one stream, put together again from its records.
inline std::string payload_of(std::string_view text, Stream stream) {
  std::string payload;
  for (const std::string& record : records_of(text)) {
    if (record.size() < kPrefixSize || record.substr(31, 6) != name_of(stream)) continue;
    payload += record.substr(kPrefixSize);
    if (record[38] == 'F') payload += '\n';
  }
  return payload;
}

// 2016-10-06T00:17:09.669794202Z
inline const WallTime kNow{std::chrono::seconds(1475713029) + std::chrono::nanoseconds(669794202)};
inline const std::string kNowText = "2016-10-06T00:17:09.669794202Z";

}  // namespace berth::logs::testing
