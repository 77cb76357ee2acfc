#include "supervisor/health/notify_message.h"

#include <algorithm>

namespace berth::health {

namespace {

constexpr std::size_t kStatusBytesMost = 256;

// It goes to terminals and logs: a program must not write control characters there.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kStatusBytesMost));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

}  // namespace

NotifyMessage parse_notify(std::string_view datagram) {
  NotifyMessage message;
  while (!datagram.empty()) {
    const std::size_t end = std::min(datagram.find('\n'), datagram.size());
    const std::string_view line = datagram.substr(0, end);
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
    if (line == "READY=1") message.ready = true;
    if (line.starts_with("STATUS=")) message.status = printable(line.substr(7));
  }
  return message;
}

}  // namespace berth::health
