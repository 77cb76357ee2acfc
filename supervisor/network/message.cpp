// Building netlink messages and taking attributes apart, with every length checked.
#include "supervisor/network/message.h"

#include <algorithm>
#include <cstring>

#include <linux/netlink.h>

namespace berth::network {
namespace {

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
  header.nlmsg_seq = 1;
  fixed(header);
}

void Message::append_padded(std::span<const std::byte> bytes) {
  if (buffer_.size() + aligned(bytes.size()) > kSizeMax)
    return set_error("a netlink message is larger than " + std::to_string(kSizeMax) + " bytes");
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  buffer_.resize(aligned(buffer_.size()), '\0');
}

void Message::set_error(std::string what) {
  if (error_.empty()) error_ = std::move(what);
}

Message& Message::bytes(std::uint16_t type, std::span<const std::byte> payload) {
  if (payload.size() > kPayloadMax) {
    set_error("a netlink attribute is larger than " + std::to_string(kPayloadMax) + " bytes");
    return *this;
  }
  fixed(nlattr{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()),
               .nla_type = type});
  append_padded(payload);
  return *this;
}

Message& Message::text(std::uint16_t type, std::string_view value, std::size_t size_max) {
  if (value.size() >= size_max) {
    set_error("a name of " + std::to_string(value.size()) + " bytes is longer than the kernel's " +
              std::to_string(size_max - 1));
    return *this;
  }
  if (value.find('\0') != value.npos) {
    set_error("a name has a NUL within");
    return *this;
  }
  const std::string terminated(value);
  return bytes(type, std::as_bytes(std::span(terminated.c_str(), terminated.size() + 1)));
}

Message& Message::begin_nested(std::uint16_t type) {
  nested_.push_back(buffer_.size());
  return fixed(nlattr{.nla_len = 0, .nla_type = static_cast<std::uint16_t>(type | NLA_F_NESTED)});
}

Message& Message::end_nested() {
  // kSizeMax bounds the length well below 16 bits. After an error the buffer may lack the header.
  if (nested_.empty()) {
    set_error("a nested netlink attribute ends that never began");
    return *this;
  }
  if (error_.empty()) {
    const auto length = static_cast<std::uint16_t>(buffer_.size() - nested_.back());
    std::memcpy(buffer_.data() + nested_.back() + offsetof(nlattr, nla_len), &length,
                sizeof length);
  }
  nested_.pop_back();
  return *this;
}

Result<std::string> Message::finish() && {
  if (!nested_.empty()) set_error("a nested netlink attribute never ends");
  if (!error_.empty()) return fail(std::move(error_));
  const auto length = static_cast<std::uint32_t>(buffer_.size());
  std::memcpy(buffer_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  return std::move(buffer_);
}

std::string Attribute::text() const {
  const auto* begin = reinterpret_cast<const char*>(payload.data());
  return {begin, std::find(begin, begin + payload.size(), '\0')};
}

std::uint32_t Attribute::number() const {
  std::uint32_t value = 0;
  if (payload.size() >= sizeof value) std::memcpy(&value, payload.data(), sizeof value);
  return value;
}

Result<std::vector<Attribute>> parse_attributes(std::span<const std::byte> bytes) {
  std::vector<Attribute> attributes;
  while (!bytes.empty()) {
    nlattr header{};
    if (bytes.size() < sizeof header) return fail("a netlink attribute is cut off");
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size())
      return fail("a netlink attribute has a wrong length");
    attributes.push_back({static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                          bytes.subspan(sizeof header, header.nla_len - sizeof header)});
    bytes = bytes.subspan(std::min(bytes.size(), aligned(header.nla_len)));
  }
  return attributes;
}

}  // namespace berth::network
