#include "supervisor/logs/journal_message.h"

#include <cstdint>

#include "supervisor/logs/cri_lines.h"

namespace berth::logs {

namespace {

constexpr std::size_t kTimeSize = 30;
constexpr std::size_t kStreamOffset = kTimeSize + 1;
constexpr std::size_t kTagOffset = kPrefixSize - 2;

}  // namespace

void append_field(std::string& datagram, std::string_view key, std::string_view value) {
  datagram += key;
  if (value.find('\n') == std::string_view::npos) {
    datagram += '=';
  } else {
    datagram += '\n';
    for (unsigned bit = 0; bit < 64; bit += 8) {
      datagram += static_cast<char>((static_cast<std::uint64_t>(value.size()) >> bit) & 0xFF);
    }
  }
  datagram += value;
  datagram += '\n';
}

std::string journal_message(std::string_view container, std::string_view record) {
  if (record.ends_with('\n')) record.remove_suffix(1);
  if (record.size() < kPrefixSize) return {};
  const bool is_err = record.substr(kStreamOffset, 6) == name_of(Stream::err);
  std::string datagram;
  datagram.reserve(record.size() + 256);
  append_field(datagram, "MESSAGE", record.substr(kPrefixSize));
  append_field(datagram, "PRIORITY", is_err ? "3" : "6");
  append_field(datagram, "SYSLOG_IDENTIFIER", container);
  append_field(datagram, "SYSLOG_TIMESTAMP", record.substr(0, kTimeSize));
  append_field(datagram, "CONTAINER_NAME", container);
  append_field(datagram, "BERTH_CONTAINER", container);
  if (record[kTagOffset] == 'P') append_field(datagram, "CONTAINER_PARTIAL_MESSAGE", "true");
  return datagram;
}

}  // namespace berth::logs
