#include "supervisor/base/result.h"

#include <cstring>

namespace berth {

std::string Error::message() const {
  if (code == 0) return what;
  return what + ": " + ::strerror(code);
}

Error Error::within(std::string_view context) && {
  what.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

}  // namespace berth
