// The worker's memory beyond its death: what it records, and how the next one goes on from that.
#include <type_traits>
#include <utility>

#include "supervisor/daemon/log.h"
#include "supervisor/daemon/worker.h"

namespace berth::daemon {

namespace {

using Kind = handoff::KeeperMessage::Kind;
using handoff::HeldKind;

template <class Value>
const Value* find(const std::map<std::string, Value>& all, const std::string& name) {
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

unique_fd take_held(runtime::Inheritance& inheritance, std::uint64_t id, HeldKind kind) {
  const auto entry = inheritance.entries.find(id);
  if (entry == inheritance.entries.end()) return {};
  const auto held = entry->second.held.find(kind);
  return held == entry->second.held.end() ? unique_fd() : std::move(held->second);
}

}  // namespace

// ---- what an earlier worker left
// ------------------------------------------------------------------

// Everything up to `begin`; launchers are taken in at once.
runtime::Inheritance Worker::hear_from_keeper() {
  runtime::Inheritance inheritance;
  for (;;) {
    auto received = keeper_.wait();
    if (!received) {
      keeper_gone_ = true;
      return inheritance;
    }
    switch (received->message.kind) {
      case Kind::begin: return inheritance;
      case Kind::held:
      case Kind::running:
      case Kind::exited: inheritance.take(received->message, std::move(received->fd)); break;
      default: on_keeper_message(*std::move(received));
    }
  }
}

ObservedState Worker::recorded() {
  auto loaded = records_->load();
  if (!loaded) {
    log::error("what an earlier worker recorded cannot be read",
               {{"error", loaded.error().message()}});
    return {};
  }
  for (const std::string& trouble : loaded->troubles) log::error(trouble);
  return std::move(loaded->observed);
}

void Worker::go_on(const ObservedState& observed, runtime::Inheritance& inheritance) {
  for (const HeldKind kind : {HeldKind::staging_read, HeldKind::staging_write}) {
    if (unique_fd held = take_held(inheritance, handoff::kInstanceId, kind)) {
      logs_->take(kind, std::move(held));
    }
  }
  logs_->start();
  for (const auto& [name, seen] : observed.containers) {
    if (!seen.spec || (!seen.running() && !seen.remains)) continue;
    adopt_output(name, seen, inheritance);
    if (!seen.running()) continue;
    log::info("adopted", {{"container", name}, {"pid", std::to_string(seen.pid)}});
  }
}

void Worker::adopt_output(const std::string& name, const ObservedContainer& seen,
                          runtime::Inheritance& inheritance) {
  const std::uint64_t id = seen.launch_id;
  logs_->adopt(*seen.spec, id, take_held(inheritance, id, HeldKind::console));
  if (!seen.running()) return logs_->end(name);
  if (unique_fd socket = take_held(inheritance, id, HeldKind::notify)) {
    notifier_->adopt(name, id, std::move(socket));
  }
}

// ---- records
// --------------------------------------------------------------------------------------

Result<void> Worker::keep(const Action& action, const ObservedState& observed) {
  const std::string& name = action.subject;
  if (std::holds_alternative<action::CreateNetwork>(action.deed) ||
      std::holds_alternative<action::RemoveNetwork>(action.deed)) {
    TRY(records_->keep_network(name, find(observed.networks, name)));
    changed_networks_.erase(name);
    return {};
  }
  // The view and units of systemd are asked for anew, whatever was done of them.
  if (name.empty() || std::holds_alternative<action::StartUnit>(action.deed)) return {};
  return keep_container(name, observed);
}

Result<void> Worker::keep_container(const std::string& name, const ObservedState& observed) {
  TRY(records_->keep_container(name, find(observed.containers, name)));
  changed_containers_.erase(name);
  return {};
}

void Worker::touch(const Event& event) {
  std::visit(
      [this](const auto& each) {
        using Each = std::remove_cvref_t<decltype(each)>;
        if constexpr (std::is_same_v<Each, event::Probed>) {
          // Most say what was known before.
          const ObservedContainer* seen = find(observed_.containers, each.container);
          const bool healthy = seen != nullptr && seen->health == Health::healthy;
          if (!healthy || !each.healthy) changed_containers_.insert(each.container);
        } else if constexpr (requires { each.container; }) {
          changed_containers_.insert(each.container);
        } else if constexpr (requires { each.network; }) {
          changed_networks_.insert(each.network);
        } else if constexpr (requires { each.action.subject; }) {
          if (observed_.containers.contains(each.action.subject)) {
            changed_containers_.insert(each.action.subject);
          }
          if (observed_.networks.contains(each.action.subject)) {
            changed_networks_.insert(each.action.subject);
          }
        } else if constexpr (requires { each.change.container; }) {
          changed_containers_.insert(each.change.container);
        }
      },
      event);
}

// What cannot be kept now is kept at the end of a later turn. Meanwhile a deed is not begun that
// would need it.
void Worker::keep_changes() {
  std::string trouble;
  for (const std::string& name : std::set(changed_containers_)) {
    const auto kept = keep_container(name, observed_);
    if (!kept && trouble.empty()) trouble = kept.error().message();
  }
  for (const std::string& name : std::set(changed_networks_)) {
    const auto kept = records_->keep_network(name, find(observed_.networks, name));
    if (kept) changed_networks_.erase(name);
    if (!kept && trouble.empty()) trouble = kept.error().message();
  }
  if (std::exchange(record_trouble_, trouble) != trouble && !trouble.empty()) {
    log::error("what is known of containers cannot be recorded", {{"error", trouble}});
  }
}

}  // namespace berth::daemon
