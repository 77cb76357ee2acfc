// HTTP as far as a health probe speaks it: the request's bytes, and a verdict from the answer's
// first ones. Pure; the bytes come from a container and may be anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/health/endpoint.h"
#include "supervisor/health/verdict.h"

namespace berth::health {

inline constexpr std::size_t kHttpHeadMax = 4096;  // more of an answer's head is not looked at

// GET with Host, Connection: close and User-Agent: berth.
std::string http_request(const HttpTarget& target);

// Takes an answer in pieces. Statuses 200 to 399 are healthy. The verdict comes with the end of the
// head, or when kHttpHeadMax bytes of it have come, or at the first byte that cannot be HTTP/1's.
class HttpAnswer {
 public:
  std::optional<Verdict> feed(std::string_view bytes);
  // The other side has closed the connection.
  [[nodiscard]] Verdict finish() const;
  // How many more bytes feed() looks at.
  [[nodiscard]] std::size_t room() const { return kHttpHeadMax - taken_; }

 private:
  std::string head_;       // of the answer under way
  std::size_t taken_ = 0;  // bytes so far, with interim (1xx) answers' heads
};

}  // namespace berth::health
