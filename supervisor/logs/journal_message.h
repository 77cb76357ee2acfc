// One CRI record as one datagram of journald's native protocol, as a pure function.
//
//   MESSAGE=the text          PRIORITY=6 for stdout, 3 for stderr
//   SYSLOG_IDENTIFIER=web     CONTAINER_NAME=web (as other engines have it)     BERTH_CONTAINER=web
//   SYSLOG_TIMESTAMP=2016-10-06T00:17:09.669794202Z   when it was read; the journal has its own
//   CONTAINER_PARTIAL_MESSAGE=true                    for a P record alone
//
// The protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
#pragma once

#include <string>
#include <string_view>

namespace berth::logs {

// Appends "KEY=VALUE\n"; a value with a newline takes the binary form, "KEY\n", its size as 64 bits
// in little endian, the value, "\n". So no value can pose as another field.
void append_field(std::string& datagram, std::string_view key, std::string_view value);

// `record` is one whole record of cri_lines.h, with its newline or without. The text's bytes are
// kept as they are.
std::string journal_message(std::string_view container, std::string_view record);

}  // namespace berth::logs
