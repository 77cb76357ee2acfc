#include "supervisor/control/client.h"

#include <array>
#include <cstring>
#include <deque>

#include <poll.h>
#include <systemd/sd-bus.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/control/interface.h"
#include "supervisor/control/private_socket.h"

namespace berth::control {

namespace {

constexpr std::size_t kEventsMax = 65536;  // kept for next_event while other calls wait

Error why_not(const Paths& paths, const Error& error) {
  const std::string start =
      "start it with \"berthd" + (paths.root.empty() ? "" : " --root " + paths.root) + "\"";
  if (error.code == ENOENT) {
    return Error{"berthd is not running (no socket at " + paths.socket() + "): " + start};
  }
  if (error.code == ECONNREFUSED) {
    return Error{"berthd is not running (nobody listens on " + paths.socket() + "): " + start};
  }
  if (error.code == EACCES) {
    return Error{"only root may talk to berthd (" + error.message() + ")"};
  }
  if (error.code == EAGAIN) return Error{"berthd does not answer (" + paths.socket() + " is busy)"};
  return error;
}

Error lost(int code) {
  if (code == ECONNRESET || code == ENOTCONN || code == EPIPE) {
    return Error{"berthd closed the connection"};
  }
  return Error{"cannot talk to berthd", code};
}

}  // namespace

struct Client::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { sd_bus_close_unref(bus); }

  // Waits for traffic on the bus, at most until `until`. False: none came.
  Result<bool> wait(std::optional<Instant> until);
  Result<std::string> call(const char* method, const char* types, const char* argument);
  Result<std::string> call_selection(const char* method, const Selection& selection);
  Result<std::string> call_rollback(std::optional<std::uint64_t> generation, bool dry_run);
  Result<std::string> send(sd_bus_message* message);
  static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error);

  sd_bus* bus = nullptr;
  Duration timeout{};
  std::deque<std::string> events;
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const Paths& paths, Duration timeout) {
  const Instant until = BootClock::now() + timeout;
  auto socket = connect_to(paths.socket(), timeout);
  if (!socket) return std::unexpected(why_not(paths, socket.error()));
  auto state = std::make_unique<State>();
  state->timeout = timeout;
  if (const int failure = sd_bus_new(&state->bus); failure < 0) return fail_errno("", -failure);
  const int fd = socket->get();
  int failure = sd_bus_set_fd(state->bus, fd, fd);
  if (failure < 0) return std::unexpected(lost(-failure));
  (void)socket->release();
  failure = sd_bus_add_filter(state->bus, nullptr, State::on_message, state.get());
  if (failure < 0) return std::unexpected(lost(-failure));
  failure = sd_bus_start(state->bus);
  if (failure < 0) return std::unexpected(lost(-failure));
  while (sd_bus_is_ready(state->bus) == 0) {
    const int done = sd_bus_process(state->bus, nullptr);
    if (done < 0) return std::unexpected(lost(-done));
    if (done == 0 && !TRY(state->wait(until))) {
      return fail("berthd does not answer on " + paths.socket());
    }
  }
  return Client(std::move(state));
}

Result<std::string> Client::list() { return state_->call("List", "", nullptr); }
Result<std::string> Client::plan() { return state_->call("Plan", "", nullptr); }
Result<std::string> Client::state() { return state_->call("State", "", nullptr); }
Result<std::string> Client::version() { return state_->call("Version", "", nullptr); }
Result<std::string> Client::status(const std::string& name) {
  return state_->call("Status", "s", name.c_str());
}
Result<std::string> Client::start(const Selection& selection) {
  return state_->call_selection("Start", selection);
}
Result<std::string> Client::stop(const Selection& selection) {
  return state_->call_selection("Stop", selection);
}
Result<std::string> Client::restart(const Selection& selection) {
  return state_->call_selection("Restart", selection);
}

Result<std::string> Client::rollback(std::uint64_t generation, bool dry_run) {
  return state_->call_rollback(generation, dry_run);
}
Result<std::string> Client::cancel_rollback(bool dry_run) {
  return state_->call_rollback(std::nullopt, dry_run);
}

Result<void> Client::subscribe() {
  TRY(state_->call("Subscribe", "", nullptr));
  return {};
}

Result<std::optional<std::string>> Client::next_event(std::optional<Duration> timeout) {
  std::optional<Instant> until;
  if (timeout) until = BootClock::now() + *timeout;
  while (true) {
    if (!state_->events.empty()) {
      std::optional<std::string> event = std::move(state_->events.front());
      state_->events.pop_front();
      return event;
    }
    const int done = sd_bus_process(state_->bus, nullptr);
    if (done < 0) return std::unexpected(lost(-done));
    if (done == 0 && !TRY(state_->wait(until))) return std::nullopt;
  }
}

Result<bool> Client::State::wait(std::optional<Instant> until) {
  while (true) {
    const int wanted = sd_bus_get_events(bus);
    if (wanted < 0) return std::unexpected(lost(-wanted));
    pollfd watched{sd_bus_get_fd(bus), static_cast<short>(wanted), 0};
    timespec left{};
    if (until) {
      const Duration rest = std::max(*until - BootClock::now(), Duration(0));
      const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
      left = {seconds.count(), (rest - seconds).count()};
    }
    const int ready = ::ppoll(&watched, 1, until ? &left : nullptr, nullptr);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return fail_errno("cannot wait for berthd");
  }
}

Result<std::string> Client::State::call(const char* method, const char* types,
                                        const char* argument) {
  sd_bus_message* message = nullptr;
  const scope_exit unref([&] { sd_bus_message_unref(message); });
  int failure =
      sd_bus_message_new_method_call(bus, &message, nullptr, kObjectPath, kInterface, method);
  if (failure >= 0 && types[0] != '\0') failure = sd_bus_message_append(message, types, argument);
  if (failure == -EINVAL) return fail("\"" + std::string(argument) + "\" is not valid UTF-8");
  if (failure < 0) return std::unexpected(lost(-failure));
  return send(message);
}

Result<std::string> Client::State::call_selection(const char* method, const Selection& selection) {
  sd_bus_message* message = nullptr;
  const scope_exit unref([&] { sd_bus_message_unref(message); });
  int failure =
      sd_bus_message_new_method_call(bus, &message, nullptr, kObjectPath, kInterface, method);
  for (const auto* texts : {&selection.names, &selection.groups}) {
    if (failure >= 0) failure = sd_bus_message_open_container(message, 'a', "s");
    for (const std::string& text : *texts) {
      if (failure >= 0) failure = sd_bus_message_append(message, "s", text.c_str());
      if (failure == -EINVAL) return fail("\"" + text + "\" is not valid UTF-8");
    }
    if (failure >= 0) failure = sd_bus_message_close_container(message);
  }
  if (failure < 0) return std::unexpected(lost(-failure));
  return send(message);
}

// Without a generation: CancelRollback.
Result<std::string> Client::State::call_rollback(std::optional<std::uint64_t> generation,
                                                 bool dry_run) {
  sd_bus_message* message = nullptr;
  const scope_exit unref([&] { sd_bus_message_unref(message); });
  int failure = sd_bus_message_new_method_call(bus, &message, nullptr, kObjectPath, kInterface,
                                               generation ? "Rollback" : "CancelRollback");
  if (failure >= 0 && generation) failure = sd_bus_message_append(message, "t", *generation);
  if (failure >= 0) failure = sd_bus_message_append(message, "b", dry_run ? 1 : 0);
  if (failure < 0) return std::unexpected(lost(-failure));
  return send(message);
}

Result<std::string> Client::State::send(sd_bus_message* message) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message* answer = nullptr;
  const scope_exit clean_up([&] {
    sd_bus_error_free(&error);
    sd_bus_message_unref(answer);
  });
  const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  const int done = sd_bus_call(bus, message, static_cast<std::uint64_t>(limit), &error, &answer);
  if (done < 0) {
    // A name of ours means that the daemon said it; other errors are the connection's.
    const bool ours =
        error.name != nullptr && std::string_view(error.name).starts_with(kErrorPrefix);
    if (ours) return fail(error.message == nullptr ? error.name : error.message);
    if (done == -ETIMEDOUT) return fail("berthd does not answer");
    if (sd_bus_error_is_set(&error) && error.message != nullptr) {
      return fail("berthd refused: " + std::string(error.message));
    }
    return std::unexpected(lost(-done));
  }
  const char* text = "";
  if (sd_bus_message_is_empty(answer) == 0 && sd_bus_message_read(answer, "s", &text) < 0) {
    return fail("berthd answered something else than a text");
  }
  return std::string(text);
}

int Client::State::on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
  if (sd_bus_message_is_signal(message, kInterface, "Event") <= 0) return 0;
  auto& events = static_cast<State*>(userdata)->events;
  const char* text = nullptr;
  if (sd_bus_message_read(message, "s", &text) >= 0 && events.size() < kEventsMax) {
    events.emplace_back(text);
  }
  return 1;
}

}  // namespace berth::control
