// Loop: the worker's event loop, a thin face on libuv. One thread; no libuv thread pool is used.
//
// After every batch of callbacks, and before the loop sleeps, the turn handler is called: that is
// where events become decisions.
#pragma once

#include <functional>
#include <memory>

#include "supervisor/base/clock.h"

namespace berth::daemon {

class Loop {
 public:
  enum Interest : int { kReadable = 1, kWritable = 2, kPriority = 4 };

  // Watches a descriptor until it is destroyed. The descriptor stays its owner's, who destroys the
  // Watch before closing it.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;
    ~Watch();
    [[nodiscard]] explicit operator bool() const { return state_ != nullptr; }

   private:
    friend class Loop;
    struct State;
    State* state_ = nullptr;
  };

  // Fires once at its time; set again or cleared at will. The callback may do either.
  class Timer {
   public:
    Timer() = default;
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;
    ~Timer();
    void set(Instant at);
    void clear();

   private:
    friend class Loop;
    struct State;
    State* state_ = nullptr;
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Watch watch(int fd, int interest, std::function<void(int ready)> callback);
  [[nodiscard]] Timer timer(std::function<void()> callback);

  // Called before the loop sleeps and after each batch of callbacks; returns true when it wants
  // to be called again before the loop sleeps.
  void on_turn(std::function<bool()> handler);

  void run();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::daemon
