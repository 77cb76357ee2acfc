// A netlink message as bytes: a header, a fixed part, attributes. Every length is checked here, so
// that no name, however long, runs over its neighbour (as in CVE-2021-43784, where a length was cut
// to 16 bits and the rest was read as attributes of the attacker's making).
//
// The layout is that of netlink(7) and rtnetlink(7): native byte order, everything aligned to 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "supervisor/base/result.h"

namespace berth::network {

class Message {
 public:
  // A whole message, and one attribute's payload. Far more than any link needs, far less than
  // what nla_len (16 bits) holds.
  static constexpr std::size_t kSizeMax = 4096;
  static constexpr std::size_t kPayloadMax = 1024;

  // NLM_F_REQUEST and NLM_F_ACK are added to `flags`. The sequence number is 1: a sender waits for
  // each acknowledgement before it sends the next.
  Message(std::uint16_t type, std::uint16_t flags);

  // The fixed part (ifinfomsg, ifaddrmsg, rtmsg), and within nested attributes that have one.
  template <class Fixed>
  Message& fixed(const Fixed& part) {
    static_assert(std::is_trivially_copyable_v<Fixed>);
    append_padded(std::as_bytes(std::span(&part, 1)));
    return *this;
  }

  // A text with its terminating NUL; at most size_max bytes with it. A text that is longer, or has
  // a NUL within, makes the message an error.
  Message& text(std::uint16_t type, std::string_view value, std::size_t size_max);
  Message& bytes(std::uint16_t type, std::span<const std::byte> payload);
  template <class Number>
  Message& number(std::uint16_t type, Number value) {
    static_assert(std::is_integral_v<Number>);
    return bytes(type, std::as_bytes(std::span(&value, 1)));
  }

  // Everything until the matching end_nested is within an attribute of this type.
  Message& begin_nested(std::uint16_t type);
  Message& end_nested();

  // The message, or the first thing that was wrong with it.
  [[nodiscard]] Result<std::string> finish() &&;

 private:
  void append_padded(std::span<const std::byte> bytes);
  void set_error(std::string what);

  std::string buffer_;
  std::vector<std::size_t> nested_;  // where the open nested attributes begin
  std::string error_;                // of the first failure; empty: none
};

// One attribute of a message that came in. The payload lies within the message.
struct Attribute {
  std::uint16_t type = 0;  // without the flag bits
  std::span<const std::byte> payload;

  // The payload up to its first NUL.
  [[nodiscard]] std::string text() const;
  // The payload as a number, 0 when it is too short for one.
  [[nodiscard]] std::uint32_t number() const;
};

// The attributes in `bytes`, as far as their lengths are right; an error where one is not.
Result<std::vector<Attribute>> parse_attributes(std::span<const std::byte> bytes);

}  // namespace berth::network
