// What a program says about itself: the messages of sd_notify(3), one datagram each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth::health {

// Longer ones are not read: systemd's own limit (NOTIFY_BUFFER_MAX).
constexpr std::size_t kNotifyBytesMost = 4096;

struct NotifyMessage {
  bool ready = false;                 // READY=1
  std::optional<std::string> status;  // STATUS=text, for people: printable, at most 256 bytes
  bool operator==(const NotifyMessage&) const = default;
};

// Assignments of which berth makes no use (MAINPID, WATCHDOG, FDSTORE, ...) and what is no
// assignment are passed over, as systemd does: programs send more than their supervisor knows.
NotifyMessage parse_notify(std::string_view datagram);

}  // namespace berth::health
