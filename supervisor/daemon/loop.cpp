#include "supervisor/daemon/loop.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <uv.h>

namespace berth::daemon {

// A libuv handle must outlive its uv_close callback, so each one lives in a State of its own that
// the close callback deletes.
struct Loop::Watch::State {
  uv_poll_t handle{};
  std::function<void(int)> callback;
};

struct Loop::Timer::State {
  uv_timer_t handle{};
  std::function<void()> callback;
};

struct Loop::State {
  uv_loop_t loop{};
  uv_prepare_t before_sleep{};
  uv_check_t after_batch{};
  uv_idle_t awake{};  // running: the loop does not sleep
  std::function<bool()> turn;
};

namespace {

template <class State>
void close_handle(State*& state) {
  if (state == nullptr) return;
  state->callback = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
  state = nullptr;
}

int to_uv(int interest) {
  int events = 0;
  if ((interest & Loop::kReadable) != 0) events |= UV_READABLE | UV_DISCONNECT;
  if ((interest & Loop::kWritable) != 0) events |= UV_WRITABLE;
  if ((interest & Loop::kPriority) != 0) events |= UV_PRIORITIZED;
  return events;
}

int from_uv(int status, int events) {
  if (status < 0) return Loop::kReadable | Loop::kWritable;  // let the owner read the error
  int ready = 0;
  if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) ready |= Loop::kReadable;
  if ((events & UV_WRITABLE) != 0) ready |= Loop::kWritable;
  if ((events & UV_PRIORITIZED) != 0) ready |= Loop::kPriority;
  return ready;
}

}  // namespace

Loop::Watch::Watch(Watch&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Loop::Watch& Loop::Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    close_handle(state_);
    state_ = std::exchange(other.state_, nullptr);
  }
  return *this;
}
Loop::Watch::~Watch() { close_handle(state_); }

Loop::Timer::Timer(Timer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Loop::Timer& Loop::Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    close_handle(state_);
    state_ = std::exchange(other.state_, nullptr);
  }
  return *this;
}
Loop::Timer::~Timer() { close_handle(state_); }

void Loop::Timer::set(Instant at) {
  const Duration left = std::max(Duration(0), at - BootClock::now());
  // Rounded up: a timer that fires early would only be set again.
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  uv_update_time(state_->handle.loop);
  uv_timer_start(
      &state_->handle,
      [](uv_timer_t* handle) {
        // A copy: the callback may destroy the timer, and with it the function that is running.
        const auto call = static_cast<State*>(handle->data)->callback;
        call();
      },
      static_cast<std::uint64_t>(milliseconds), 0);
}

void Loop::Timer::clear() { uv_timer_stop(&state_->handle); }

Loop::Loop() : state_(std::make_unique<State>()) {
  uv_loop_init(&state_->loop);
  state_->loop.data = state_.get();
  const auto turn = [](uv_loop_t* loop) {
    State& state = *static_cast<State*>(loop->data);
    const bool again = state.turn && state.turn();
    if (again) {
      uv_idle_start(&state.awake, [](uv_idle_t*) {});
    } else {
      uv_idle_stop(&state.awake);
    }
  };
  static const auto run_turn = turn;
  uv_idle_init(&state_->loop, &state_->awake);
  uv_prepare_init(&state_->loop, &state_->before_sleep);
  uv_prepare_start(&state_->before_sleep, [](uv_prepare_t* handle) { run_turn(handle->loop); });
  uv_check_init(&state_->loop, &state_->after_batch);
  uv_check_start(&state_->after_batch, [](uv_check_t* handle) { run_turn(handle->loop); });
}

Loop::~Loop() {
  state_->turn = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->awake), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->before_sleep), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->after_batch), nullptr);
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  uv_loop_close(&state_->loop);
}

Loop::Watch Loop::watch(int fd, int interest, std::function<void(int)> callback) {
  Watch watch;
  watch.state_ = new Watch::State;
  watch.state_->callback = std::move(callback);
  watch.state_->handle.data = watch.state_;
  if (uv_poll_init(&state_->loop, &watch.state_->handle, fd) != 0) {
    delete std::exchange(watch.state_, nullptr);
    return watch;
  }
  uv_poll_start(&watch.state_->handle, to_uv(interest),
                [](uv_poll_t* handle, int status, int events) {
                  auto& state = *static_cast<Watch::State*>(handle->data);
                  // A copy: the callback may destroy the watch, and with it the function that is
                  // running.
                  const auto call = state.callback;
                  call(from_uv(status, events));
                });
  return watch;
}

Loop::Timer Loop::timer(std::function<void()> callback) {
  Timer timer;
  timer.state_ = new Timer::State;
  timer.state_->callback = std::move(callback);
  timer.state_->handle.data = timer.state_;
  uv_timer_init(&state_->loop, &timer.state_->handle);
  return timer;
}

void Loop::on_turn(std::function<bool()> handler) { state_->turn = std::move(handler); }
void Loop::run() { uv_run(&state_->loop, UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(&state_->loop); }

}  // namespace berth::daemon
