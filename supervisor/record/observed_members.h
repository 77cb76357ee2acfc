// The members of what is observed, by name: one list for the writer and the reader of the state
// document. state_document_test.cpp counts them, so that none can be forgotten here.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>

#include "supervisor/plan/state.h"

namespace berth::record {

template <class C, class V>
  requires std::same_as<std::remove_const_t<C>, ObservedContainer>
void observed_members(C& c, V visit) {
  visit("phase", c.phase);
  visit("spec", c.spec);
  visit("sandbox", c.sandbox);
  visit("sandbox_spec", c.sandbox_spec);
  visit("sandbox_id", c.sandbox_id);
  visit("addresses", c.addresses);
  visit("addresses6", c.addresses6);
  visit("ports_spec", c.ports_spec);
  visit("root", c.root);
  visit("root_spec", c.root_spec);
  visit("remains", c.remains);
  visit("launch_id", c.launch_id);
  visit("exited_id", c.exited_id);
  visit("pid", c.pid);
  visit("launched_at", c.launched_at);
  visit("ready_at", c.ready_at);
  visit("stop_sent_at", c.stop_sent_at);
  visit("stop_unhealthy", c.stop_unhealthy);
  visit("kill_sent_at", c.kill_sent_at);
  visit("last_exit", c.last_exit);
  visit("restarts", c.restarts);
  visit("start_reason", c.start_reason);
  visit("attempts", c.attempts);
  visit("next_start", c.next_start);
  visit("failures", c.failures);
  visit("content_starts", c.content_starts);
  visit("content_start_at", c.content_start_at);
  visit("resting", c.resting);
  visit("completed", c.completed);
  visit("removal_failures", c.removal_failures);
  visit("next_removal", c.next_removal);
  visit("update", c.update);
  visit("update_refused", c.update_refused);
  visit("next_update", c.next_update);
  visit("checking", c.checking);
  visit("checked", c.checked);
  visit("check_refused", c.check_refused);
  visit("check_error", c.check_error);
  visit("check_failures", c.check_failures);
  visit("next_check", c.next_check);
  visit("files", c.files);
  visit("units", c.units);
  visit("health", c.health);
  visit("failing", c.failing);
  visit("next_probe", c.next_probe);
  visit("probing", c.probing);
  visit("probe_message", c.probe_message);
  visit("notified_id", c.notified_id);
  visit("appointment", c.appointment);
  visit("intent", c.intent);
  visit("restart_requested", c.restart_requested);
  visit("busy", c.busy);
  visit("error", c.error);
}

template <class N, class V>
  requires std::same_as<std::remove_const_t<N>, ObservedNetwork>
void observed_members(N& n, V visit) {
  visit("presence", n.presence);
  visit("spec", n.spec);
  visit("error", n.error);
  visit("failures", n.failures);
  visit("next_try", n.next_try);
  visit("next_removal", n.next_removal);
  visit("busy", n.busy);
}

template <class E, class V>
  requires std::same_as<std::remove_const_t<E>, ExitStatus>
void observed_members(E& e, V visit) {
  visit("kind", e.kind);
  visit("code", e.code);
  visit("oom_killed", e.oom_killed);
}

// Its clock is the state's own.
template <class A, class V>
  requires std::same_as<std::remove_const_t<A>, Appointment>
void observed_members(A& a, V visit) {
  visit("schedule", a.schedule);
  visit("next", a.next);
  visit("last", a.last);
  visit("due", a.due);
  visit("by_operator", a.by_operator);
  visit("skipped", a.skipped);
}

template <class F, class V>
  requires std::same_as<std::remove_const_t<F>, FileState>
void observed_members(F& f, V visit) {
  visit("digest", f.digest);
  visit("error", f.error);
}

template <class U, class V>
  requires std::same_as<std::remove_const_t<U>, ObservedUnit>
void observed_members(U& u, V visit) {
  visit("activity", u.state.activity);
  visit("completes", u.state.completes);
  visit("completed", u.state.completed);
  visit("activation", u.state.activation);
  visit("problem", u.state.problem);
  visit("starting", u.starting);
  visit("requests", u.requests);
  visit("next_start", u.next_start);
  visit("error", u.error);
}

// The enumerations of the states as words. "" for a number that none of them has.
std::string_view state_word(Phase value);
std::string_view state_word(Presence value);
std::string_view state_word(Health value);
std::string_view state_word(Intent value);
std::string_view state_word(Task value);
std::string_view state_word(UnitActivity value);
std::string_view state_word(ExitStatus::Kind value);

template <class E>
std::optional<E> parse_state_word(std::string_view word) {
  for (int number = 0; !state_word(static_cast<E>(number)).empty(); ++number) {
    if (state_word(static_cast<E>(number)) == word) return static_cast<E>(number);
  }
  return std::nullopt;
}

}  // namespace berth::record
