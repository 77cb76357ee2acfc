// Frames: cuts the byte stream of a D-Bus peer into authentication lines and whole messages, so
// that sd-bus, which would take 128 MiB, sees nothing that is unfinished or too large. Pure.
//
// The layout is the D-Bus specification's: first a NUL and lines ending in CR LF until "BEGIN",
// then messages, each with a fixed header of 16 bytes that tells its size.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::control {

class Frames {
 public:
  explicit Frames(std::size_t message_max) : message_max_(message_max) {}

  // How many more bytes may be added before next() has to be called.
  [[nodiscard]] std::size_t room() const { return message_max_ - std::min(message_max_, size()); }
  void add(std::string_view bytes);

  // The next line or message, whole; std::nullopt: more bytes are needed. An error: this is not
  // D-Bus, or too large, and the stream is lost. The view is valid until the next call.
  Result<std::optional<std::string_view>> next();

  // Whether the last frame that next() returned was the line that ends the authentication, or
  // a message.
  [[nodiscard]] bool authenticated() const { return authenticated_; }
  // Whether bytes of a frame are waiting.
  [[nodiscard]] bool partial() const { return size() != 0; }

 private:
  [[nodiscard]] std::size_t size() const { return buffer_.size() - taken_; }
  Result<std::optional<std::string_view>> next_line(std::string_view bytes);
  Result<std::optional<std::string_view>> next_message(std::string_view bytes);

  std::size_t message_max_;
  std::string buffer_;
  std::size_t taken_ = 0;  // how much of buffer_ was returned already
  std::size_t lines_ = 0;
  bool authenticated_ = false;
};

}  // namespace berth::control
