#include "supervisor/control/systemd_units.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <list>
#include <map>
#include <utility>

#include <sys/epoll.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/control/unit_properties.h"
#include "supervisor/model/unit_name.h"

namespace berth::control {

namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr int kStepsATurn = 64;
constexpr Duration kRetryMost = std::chrono::seconds(30);

struct SlotEnd {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Slot = std::unique_ptr<sd_bus_slot, SlotEnd>;  // what it stands for ends with it

std::string why(sd_bus_message* answer) {
  const sd_bus_error* error = sd_bus_message_get_error(answer);
  return error != nullptr && error->message != nullptr ? error->message : "no reason given";
}

// What systemd says of a start that is over; empty: it is well.
std::string complaint_of(std::string_view result, const std::string& unit) {
  if (result == "done" || result == "skipped") return "";
  if (result == "failed") return "it failed to start (journalctl -u " + unit + " tells why)";
  if (result == "timeout") return "it did not start in time";
  if (result == "dependency") return "a unit that it needs did not start";
  if (result == "canceled") return "its start was cancelled";
  return "its start ended with \"" + std::string(result) + "\"";
}

}  // namespace

struct SystemdUnits::State {
  struct Unit {
    State* owner = nullptr;
    std::string name;  // "systemd:srv-media.mount"
    std::string path;  // its object; empty: not known yet
    Slot loading;
    Slot changes;
    Slot fetching;
    bool stale = false;  // it changed while its properties were under way
    std::optional<UnitState> told;
    std::vector<Event> after;  // to be told once its properties are known anew
  };
  struct Start {
    State* owner = nullptr;
    Action action;
    std::string job;  // empty: systemd has not answered yet
    Slot asking;
  };

  explicit State(std::function<void(Event)> tell) : emit(std::move(tell)) {}
  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void connect(Instant now);
  int begin();
  void close();
  void lose(const std::string& why_lost, Instant now);
  void load(Unit& unit);
  void hold(const Unit& unit, const char* method);
  void fetch(Unit& unit);
  void tell(Unit& unit, UnitState state);
  void tell_problem(const std::string& text);
  void end(Start& start, const std::string& complaint);
  void end_job(std::string_view job, std::string_view result);
  void follow_bus();

  static int on_loaded(sd_bus_message* answer, void* userdata, sd_bus_error*);
  static int on_fetched(sd_bus_message* answer, void* userdata, sd_bus_error*);
  static int on_changed(sd_bus_message*, void* userdata, sd_bus_error*);
  static int on_asked(sd_bus_message* answer, void* userdata, sd_bus_error*);
  static int on_job_removed(sd_bus_message* signal, void* userdata, sd_bus_error*);
  static int on_reloading(sd_bus_message* signal, void* userdata, sd_bus_error*);
  static int on_owner(sd_bus_message*, void* userdata, sd_bus_error*);

  std::function<void(Event)> emit;
  unique_fd epoll;
  sd_bus* bus = nullptr;
  int followed_fd = -1;
  std::uint32_t followed_events = 0;
  std::map<std::string, Unit> units;
  std::list<Start> starts;
  std::string problem;  // why there is no connection; empty: there is one, or none is needed
  unsigned failures = 0;
  std::optional<Instant> next_try;
  bool owner_changed = false;
};

SystemdUnits::SystemdUnits(std::function<void(Event)> emit)
    : state_(std::make_unique<State>(std::move(emit))) {}
SystemdUnits::~SystemdUnits() = default;

int SystemdUnits::fd() const { return state_->epoll.get(); }

// ---- the connection ----------------------------------------------------------------------------

void SystemdUnits::State::connect(Instant now) {
  next_try.reset();
  if (sd_booted() <= 0) return tell_problem("it needs systemd, which does not run here");
  int failure = sd_bus_open_system(&bus);
  if (failure >= 0) failure = begin();
  if (failure < 0) return lose(std::strerror(-failure), now);
  problem.clear();
  for (auto& [name, unit] : units) load(unit);
  follow_bus();
}

int SystemdUnits::State::begin() {
  const auto on_signal = [this](const char* member, sd_bus_message_handler_t handler) {
    return sd_bus_match_signal_async(bus, nullptr, kService, kPath, kManager, member, handler,
                                     nullptr, this);
  };
  int done = on_signal("JobRemoved", on_job_removed);
  if (done >= 0) done = on_signal("Reloading", on_reloading);
  if (done >= 0) {
    done = sd_bus_add_match_async(
        bus, nullptr,
        "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
        "arg0='org.freedesktop.systemd1'",
        on_owner, nullptr, this);
  }
  if (done >= 0) {
    done = sd_bus_call_method_async(bus, nullptr, kService, kPath, kManager, "Subscribe", nullptr,
                                    nullptr, nullptr);
  }
  return done;
}

// Slots before the bus: each keeps it alive.
void SystemdUnits::State::close() {
  if (followed_fd >= 0) ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, followed_fd, nullptr);
  followed_fd = -1;
  for (auto& [name, unit] : units) {
    unit.loading.reset();
    unit.changes.reset();
    unit.fetching.reset();
    unit.path.clear();
  }
  for (Start& start : starts) start.asking.reset();
  sd_bus_close_unref(std::exchange(bus, nullptr));
}

void SystemdUnits::State::lose(const std::string& why_lost, Instant now) {
  close();
  const Duration delay = std::chrono::seconds(1) * (1U << std::min(failures++, 5U));
  next_try = now + std::min(delay, kRetryMost);
  owner_changed = false;
  for (auto& [name, unit] : units) {
    for (Event& event : std::exchange(unit.after, {})) emit(std::move(event));
  }
  for (Start& start : std::exchange(starts, {})) {
    emit(event::Failed{start.action, "systemd cannot be reached: " + why_lost});
  }
  tell_problem("systemd cannot be reached over the system bus: " + why_lost);
}

void SystemdUnits::State::tell_problem(const std::string& text) {
  problem = text;
  for (auto& [name, unit] : units) tell(unit, UnitState{.problem = text});
}

// One descriptor stands for the bus, whatever that wants and however often it is opened anew.
void SystemdUnits::State::follow_bus() {
  if (bus == nullptr) return;
  const int fd = sd_bus_get_fd(bus);
  const int wanted = sd_bus_get_events(bus);
  if (fd < 0 || wanted < 0) return;
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(wanted);
  if (fd == followed_fd && event.events == followed_events) return;
  const int operation = fd == followed_fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll.get(), operation, fd, &event) == 0) followed_fd = fd;
  followed_events = event.events;
}

void SystemdUnits::process(Instant now) {
  State& state = *state_;
  if (state.next_try && *state.next_try <= now) state.connect(now);
  for (int step = 0; state.bus != nullptr && step < kStepsATurn; ++step) {
    const int done = sd_bus_process(state.bus, nullptr);
    if (done < 0) state.lose(std::strerror(-done), now);
    if (state.owner_changed) state.lose("it is being started or stopped", now);
    if (done <= 0) break;
  }
  state.follow_bus();
}

std::optional<Instant> SystemdUnits::wake_at(Instant now) const {
  if (state_->next_try || state_->bus == nullptr) return state_->next_try;
  std::uint64_t until = 0;  // in microseconds of CLOCK_MONOTONIC
  if (sd_bus_get_timeout(state_->bus, &until) < 0 || until == UINT64_MAX) return std::nullopt;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  const auto monotonic = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
                         static_cast<std::uint64_t>(time.tv_nsec) / 1000;
  return now + std::chrono::microseconds(until > monotonic ? until - monotonic : 0);
}

// ---- watching ----------------------------------------------------------------------------------

void SystemdUnits::watch(const std::set<std::string>& names, Instant now) {
  State& state = *state_;
  for (auto unit = state.units.begin(); unit != state.units.end();) {
    if (names.contains(unit->first)) {
      ++unit;
      continue;
    }
    state.hold(unit->second, "UnrefUnit");
    for (Event& event : unit->second.after) state.emit(std::move(event));
    unit = state.units.erase(unit);
  }
  if (names.empty()) return;
  if (!state.epoll) state.epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  const bool connected = state.bus != nullptr;
  for (const std::string& name : names) {
    const auto [unit, added] = state.units.try_emplace(name);
    if (!added) continue;
    unit->second.owner = &state;
    unit->second.name = name;
    if (connected) state.load(unit->second);
    if (!connected && !state.problem.empty()) {
      state.tell(unit->second, UnitState{.problem = state.problem});
    }
  }
  if (!connected && !state.next_try) state.connect(now);
  state.follow_bus();
}

void SystemdUnits::State::load(Unit& unit) {
  sd_bus_slot* slot = nullptr;
  if (sd_bus_call_method_async(bus, &slot, kService, kPath, kManager, "LoadUnit", on_loaded, &unit,
                               "s", unit_of(unit.name).c_str()) >= 0) {
    unit.loading.reset(slot);
  }
}

// Nothing waits for the answer: an older systemd has no such method, and forgets more.
void SystemdUnits::State::hold(const Unit& unit, const char* method) {
  if (bus == nullptr || unit.path.empty()) return;
  sd_bus_call_method_async(bus, nullptr, kService, kPath, kManager, method, nullptr, nullptr, "s",
                           unit_of(unit.name).c_str());
}

int SystemdUnits::State::on_loaded(sd_bus_message* answer, void* userdata, sd_bus_error*) {
  Unit& unit = *static_cast<Unit*>(userdata);
  State& state = *unit.owner;
  const char* path = nullptr;
  if (sd_bus_message_is_method_error(answer, nullptr) > 0 ||
      sd_bus_message_read(answer, "o", &path) < 0) {
    state.tell(unit, UnitState{.problem = "systemd refuses it: " + why(answer)});
    return 0;
  }
  unit.path = path;
  state.hold(unit, "RefUnit");
  sd_bus_slot* slot = nullptr;
  if (sd_bus_match_signal_async(state.bus, &slot, kService, path, kProperties, "PropertiesChanged",
                                on_changed, nullptr, &unit) >= 0) {
    unit.changes.reset(slot);
  }
  state.fetch(unit);
  return 0;
}

int SystemdUnits::State::on_changed(sd_bus_message*, void* userdata, sd_bus_error*) {
  Unit& unit = *static_cast<Unit*>(userdata);
  unit.owner->fetch(unit);
  return 0;
}

void SystemdUnits::State::fetch(Unit& unit) {
  unit.stale = true;
  if (unit.fetching || unit.path.empty()) return;
  sd_bus_slot* slot = nullptr;
  if (sd_bus_call_method_async(bus, &slot, kService, unit.path.c_str(), kProperties, "GetAll",
                               on_fetched, &unit, "s", "") < 0) {
    return;
  }
  unit.fetching.reset(slot);
  unit.stale = false;
}

int SystemdUnits::State::on_fetched(sd_bus_message* answer, void* userdata, sd_bus_error*) {
  Unit& unit = *static_cast<Unit*>(userdata);
  State& state = *unit.owner;
  unit.fetching.reset();
  if (sd_bus_message_is_method_error(answer, nullptr) > 0) {
    state.tell(unit, UnitState{.problem = "systemd tells nothing of it: " + why(answer)});
  } else if (auto properties = read_unit_properties(answer)) {
    state.failures = 0;
    state.tell(unit, unit_state_of(*properties));
  } else {
    state.tell(unit, UnitState{.problem = properties.error().message()});
  }
  if (unit.stale) {
    state.fetch(unit);
    return 0;
  }
  for (Event& event : std::exchange(unit.after, {})) state.emit(std::move(event));
  return 0;
}

void SystemdUnits::State::tell(Unit& unit, UnitState state) {
  if (unit.told == state) return;
  unit.told = state;
  emit(event::UnitsTold{{{unit.name, std::move(state)}}});
}

// ---- starting ----------------------------------------------------------------------------------

void SystemdUnits::start(const Action& action) {
  State& state = *state_;
  if (state.bus == nullptr) return state.emit(event::Failed{action, state.problem});
  State::Start& start = state.starts.emplace_back();
  start.owner = &state;
  start.action = action;
  sd_bus_slot* slot = nullptr;
  const int asked = sd_bus_call_method_async(state.bus, &slot, kService, kPath, kManager,
                                             "StartUnit", State::on_asked, &start, "ss",
                                             unit_of(action.subject).c_str(), "fail");
  if (asked < 0) return state.end(start, std::strerror(-asked));
  start.asking.reset(slot);
  state.follow_bus();
}

int SystemdUnits::State::on_asked(sd_bus_message* answer, void* userdata, sd_bus_error*) {
  Start& start = *static_cast<Start*>(userdata);
  const char* job = nullptr;
  if (sd_bus_message_is_method_error(answer, nullptr) > 0 ||
      sd_bus_message_read(answer, "o", &job) < 0) {
    start.owner->end(start, why(answer));
  } else {
    start.job = job;
  }
  return 0;
}

int SystemdUnits::State::on_job_removed(sd_bus_message* signal, void* userdata, sd_bus_error*) {
  std::uint32_t id = 0;
  const char* job = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (sd_bus_message_read(signal, "uoss", &id, &job, &unit, &result) >= 0) {
    static_cast<State*>(userdata)->end_job(job, result);
  }
  return 0;
}

// Two requests may share one job.
void SystemdUnits::State::end_job(std::string_view job, std::string_view result) {
  for (auto next = starts.begin(); next != starts.end();) {
    Start& start = *next++;
    if (start.job == job) end(start, complaint_of(result, unit_of(start.action.subject)));
  }
}

// What has become of the unit is told first.
void SystemdUnits::State::end(Start& start, const std::string& complaint) {
  const auto place =
      std::ranges::find_if(starts, [&start](const Start& each) { return &each == &start; });
  Event event = event::UnitStarted{start.action.subject};
  if (!complaint.empty()) event = event::Failed{start.action, complaint};
  const auto unit = units.find(start.action.subject);
  starts.erase(place);
  if (unit == units.end() || unit->second.path.empty()) return emit(std::move(event));
  unit->second.after.push_back(std::move(event));
  fetch(unit->second);
}

// ---- systemd itself ----------------------------------------------------------------------------

// After a daemon-reload a unit may be another.
int SystemdUnits::State::on_reloading(sd_bus_message* signal, void* userdata, sd_bus_error*) {
  int begins = 0;
  if (sd_bus_message_read(signal, "b", &begins) < 0 || begins != 0) return 0;
  for (auto& [name, unit] : static_cast<State*>(userdata)->units) unit.owner->fetch(unit);
  return 0;
}

int SystemdUnits::State::on_owner(sd_bus_message*, void* userdata, sd_bus_error*) {
  static_cast<State*>(userdata)->owner_changed = true;
  return 0;
}

}  // namespace berth::control
