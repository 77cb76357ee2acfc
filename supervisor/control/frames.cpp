#include "supervisor/control/frames.h"

#include <cstdint>

namespace berth::control {

namespace {

constexpr std::size_t kLineMax = 1024;
constexpr std::size_t kLinesMax = 16;
constexpr std::size_t kHeader = 16;

std::uint64_t number_at(std::string_view bytes, std::size_t offset, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t at = big_endian ? offset + i : offset + 3 - i;
    value = value << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return value;
}

}  // namespace

void Frames::add(std::string_view bytes) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_ += bytes;
}

Result<std::optional<std::string_view>> Frames::next() {
  const std::string_view bytes = std::string_view(buffer_).substr(taken_);
  if (bytes.empty()) return std::nullopt;
  auto frame = authenticated_ ? next_message(bytes) : next_line(bytes);
  if (frame && *frame) taken_ += (*frame)->size();
  return frame;
}

Result<std::optional<std::string_view>> Frames::next_line(std::string_view bytes) {
  if (lines_ == 0 && bytes.front() != '\0') return fail("the peer does not begin with a NUL");
  const std::size_t end = bytes.find("\r\n");
  if (end > kLineMax && bytes.size() > kLineMax) return fail("an authentication line is too long");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = bytes.substr(0, end);
  if (lines_ == 0) line.remove_prefix(1);
  if (++lines_ > kLinesMax) return fail("the authentication does not end");
  authenticated_ = line == "BEGIN";
  return bytes.substr(0, end + 2);
}

Result<std::optional<std::string_view>> Frames::next_message(std::string_view bytes) {
  const bool big_endian = bytes[0] == 'B';
  if (!big_endian && bytes[0] != 'l') return fail("a message has no byte order");
  if (bytes.size() < kHeader) return std::nullopt;
  if (bytes[1] < 1 || bytes[1] > 4) return fail("a message has no known type");
  if (bytes[3] != 1) return fail("a message is not of version 1");
  const std::uint64_t body = number_at(bytes, 4, big_endian);
  const std::uint64_t fields = number_at(bytes, 12, big_endian);
  const std::uint64_t size = ((kHeader + fields + 7) & ~std::uint64_t{7}) + body;
  if (size > message_max_) return fail("a message is too large");
  if (bytes.size() < size) return std::nullopt;
  return bytes.substr(0, size);
}

}  // namespace berth::control
