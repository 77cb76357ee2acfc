// scope_exit: runs one clean-up when the scope is left, unless it was released.
#pragma once

#include <utility>

namespace berth {

template <class F>
class [[nodiscard]] scope_exit {
 public:
  explicit scope_exit(F clean_up) : clean_up_(std::move(clean_up)) {}
  scope_exit(const scope_exit&) = delete;
  scope_exit& operator=(const scope_exit&) = delete;
  ~scope_exit() {
    if (armed_) clean_up_();
  }
  void release() noexcept { armed_ = false; }

 private:
  F clean_up_;
  bool armed_ = true;
};

}  // namespace berth
