// The methods of org.berth.Supervisor1: each reads its arguments, asks the backend, answers.
#include "supervisor/control/interface.h"

#include <string>

#include "supervisor/control/connection.h"
#include "supervisor/control/documents.h"

namespace berth::control {

namespace {

Backend& backend_of(void* userdata) { return static_cast<Connection*>(userdata)->backend(); }

int answer(sd_bus_message* call, const std::string& text) {
  return sd_bus_reply_method_return(call, "s", text.c_str());
}

int answer(sd_bus_error* error, const CallError& failure) {
  const std::string name = kErrorPrefix + failure.name;
  return sd_bus_error_set(error, name.c_str(), failure.message.c_str());
}

int answer(sd_bus_message* call, sd_bus_error* error, const CallResult<std::string>& result) {
  return result ? answer(call, *result) : answer(error, result.error());
}

int on_list(sd_bus_message* call, void* userdata, sd_bus_error*) {
  return answer(call, backend_of(userdata).list());
}

int on_status(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  const char* name = nullptr;
  if (const int failure = sd_bus_message_read(call, "s", &name); failure < 0) return failure;
  return answer(call, error, backend_of(userdata).status(name));
}

int on_plan(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  return answer(call, error, backend_of(userdata).plan());
}

int on_state(sd_bus_message* call, void* userdata, sd_bus_error*) {
  return answer(call, backend_of(userdata).state());
}

// Reads one "as".
int read_strings(sd_bus_message* call, std::vector<std::string>& strings) {
  int more = sd_bus_message_enter_container(call, 'a', "s");
  if (more < 0) return more;
  const char* text = nullptr;
  while ((more = sd_bus_message_read_basic(call, 's', &text)) > 0) strings.emplace_back(text);
  return more < 0 ? more : sd_bus_message_exit_container(call);
}

template <CallResult<std::vector<std::string>> (Backend::*kDeed)(const Selection&)>
int on_deed(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  Selection selection;
  if (const int failure = read_strings(call, selection.names); failure < 0) return failure;
  if (const int failure = read_strings(call, selection.groups); failure < 0) return failure;
  const auto affected = (backend_of(userdata).*kDeed)(selection);
  if (!affected) return answer(error, affected.error());
  return answer(call, names_document(*affected));
}

int on_rollback(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  std::uint64_t generation = 0;
  int dry_run = 0;
  if (const int failure = sd_bus_message_read(call, "tb", &generation, &dry_run); failure < 0) {
    return failure;
  }
  return answer(call, error, backend_of(userdata).rollback(generation, dry_run != 0));
}

int on_cancel_rollback(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  int dry_run = 0;
  if (const int failure = sd_bus_message_read(call, "b", &dry_run); failure < 0) return failure;
  return answer(call, error, backend_of(userdata).cancel_rollback(dry_run != 0));
}

int on_version(sd_bus_message* call, void*, sd_bus_error*) { return answer(call, BERTH_VERSION); }

int on_subscribe(sd_bus_message* call, void* userdata, sd_bus_error*) {
  static_cast<Connection*>(userdata)->set_subscribed(true);
  return sd_bus_reply_method_return(call, "");
}

int on_unsubscribe(sd_bus_message* call, void* userdata, sd_bus_error*) {
  static_cast<Connection*>(userdata)->set_subscribed(false);
  return sd_bus_reply_method_return(call, "");
}

int get_version(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void*,
                sd_bus_error*) {
  return sd_bus_message_append(reply, "s", BERTH_VERSION);
}

int get_generation(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                   void* userdata, sd_bus_error*) {
  return sd_bus_message_append(reply, "t", backend_of(userdata).generation());
}

// Who may call was decided when the connection was accepted, so nothing asks for more privilege.
constexpr std::uint64_t kOpen = SD_BUS_VTABLE_UNPRIVILEGED;

const sd_bus_vtable kTable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("List", "", "s", on_list, kOpen),
    SD_BUS_METHOD("Status", "s", "s", on_status, kOpen),
    SD_BUS_METHOD("Plan", "", "s", on_plan, kOpen),
    SD_BUS_METHOD("State", "", "s", on_state, kOpen),
    SD_BUS_METHOD("Start", "asas", "s", on_deed<&Backend::start>, kOpen),
    SD_BUS_METHOD("Stop", "asas", "s", on_deed<&Backend::stop>, kOpen),
    SD_BUS_METHOD("Restart", "asas", "s", on_deed<&Backend::restart>, kOpen),
    SD_BUS_METHOD("Rollback", "tb", "s", on_rollback, kOpen),
    SD_BUS_METHOD("CancelRollback", "b", "s", on_cancel_rollback, kOpen),
    SD_BUS_METHOD("Version", "", "s", on_version, kOpen),
    SD_BUS_METHOD("Subscribe", "", "", on_subscribe, kOpen),
    SD_BUS_METHOD("Unsubscribe", "", "", on_unsubscribe, kOpen),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Generation", "t", get_generation, 0, 0),
    SD_BUS_SIGNAL("Event", "s", 0),
    SD_BUS_VTABLE_END,
};

}  // namespace

const sd_bus_vtable* interface_table() { return kTable; }

}  // namespace berth::control
