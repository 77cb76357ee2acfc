// Result and Error: how every fallible function of berth answers, and TRY, which hands an error up.
//
// An Error carries what was tried ("cannot mount /srv/shop on /data") and the errno behind it.
// Errors are returned or logged, never both; library folders only return them.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace berth {

struct Error {
  std::string what;  // a sentence without a full stop, naming the subject: "cannot open /etc/x"
  int code = 0;      // the errno behind it; 0 when there is none

  // "cannot open /etc/x: No such file or directory"
  [[nodiscard]] std::string message() const;

  // The same error with its context in front: "cannot start web: cannot open /etc/x".
  [[nodiscard]] Error within(std::string_view context) &&;

  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

// For `return fail("cannot parse {}", x)`-like uses without errno.
[[nodiscard]] inline std::unexpected<Error> fail(std::string what) {
  return std::unexpected(Error{std::move(what), 0});
}

// To be called before anything can change errno.
[[nodiscard]] inline std::unexpected<Error> fail_errno(std::string what, int code = errno) {
  return std::unexpected(Error{std::move(what), code});
}

}  // namespace berth

// Evaluates to the value of a Result, or returns its error from the enclosing function.
#define TRY(expression)                                                                 \
  __extension__({                                                                       \
    auto&& berth_try_result = (expression);                                             \
    if (!berth_try_result) return std::unexpected(std::move(berth_try_result).error()); \
    std::move(berth_try_result).value();                                                \
  })
