// [Container]: health, readiness and logs.
#include <array>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void take_command_line(const Node& node, QuadletContainer& container) {
  const std::string text = node.take();
  if (text == "none") return;
  container.draft.set("healthcheck.exec", std::vector<std::string>{"/bin/sh", "-c", text});
}

void take_interval(const Node& node, QuadletContainer& container) {
  if (node.text() == "disable") {
    return container.ledger().lost(node, "a probe is never left to a timer of the host",
                                   "no healthcheck");
  }
  take_duration(node, "healthcheck.interval", container.draft, container.ledger());
}

void take_retries(const Node& node, QuadletContainer& container) {
  const auto count = integer_of(node.text());
  if (!count) return container.ledger().senseless(node, "a number");
  node.take();
  container.draft.set("healthcheck.retries", *count);
}

void take_on_failure(const Node& node, QuadletContainer& container) {
  const std::string& word = node.text();
  if (word == "none" || word == "restart" || word == "kill") {
    node.take();
    container.draft.set("healthcheck.on_failure", word == "none" ? "none" : "restart");
  } else {
    container.ledger().lost(node, quote(word) + " is not done to an unhealthy container",
                            "restart or none");
  }
}

void take_notify(const Node& node, QuadletContainer& container) {
  if (node.text() == "healthy") {
    container.ledger().note(node, "it is ready when it is healthy, without being told so");
  } else if (take_flag(node, container.ledger()) == true) {
    container.draft.set("healthcheck.notify", true);
  }
}

void take_driver(const Node& node, QuadletContainer& container) {
  take_log_driver(node, container.draft, container.ledger());
}

void take_log_option(const Node& node, QuadletContainer& container) {
  const std::string& option = node.text();
  const auto size = option.starts_with("max-size=") ? size_of(option.substr(9)) : std::nullopt;
  if (!size) {
    return container.ledger().lost(node, "the option " + quote(option) + " has no counterpart",
                                   "logging.max_size, logging.max_files");
  }
  node.take();
  container.draft.set("logging.max_size", *size);
}

template <const char* kKey>
void take_time(const Node& node, QuadletContainer& container) {
  take_duration(node, kKey, container.draft, container.ledger());
}
constexpr char kTimeout[] = "healthcheck.timeout";
constexpr char kStartPeriod[] = "healthcheck.start_period";

struct KeyRow {
  std::string_view key;
  void (*take)(const Node&, QuadletContainer&);
};
constexpr std::array kKeys{
    KeyRow{"HealthCmd", take_command_line},
    KeyRow{"HealthInterval", take_interval},
    KeyRow{"HealthTimeout", take_time<kTimeout>},
    KeyRow{"HealthStartPeriod", take_time<kStartPeriod>},
    KeyRow{"HealthRetries", take_retries},
    KeyRow{"HealthOnFailure", take_on_failure},
    KeyRow{"Notify", take_notify},
    KeyRow{"LogDriver", take_driver},
    KeyRow{"LogOpt", take_log_option},
};

}  // namespace

bool take_health_key(const Node& node, QuadletContainer& container) {
  for (const KeyRow& row : kKeys) {
    if (row.key != node.key()) continue;
    row.take(node, container);
    return true;
  }
  return false;
}

void finish_quadlet_health(QuadletContainer& container) {
  Draft& draft = container.draft;
  const Node* const command = container.unit.line("Container", "HealthCmd");
  if (!draft.has("healthcheck.exec")) {
    const bool notify = draft.has("healthcheck.notify");
    for (const Node* node : container.unit.lines("Container")) {
      if (!node->key().starts_with("Health") || node == command) continue;
      container.ledger().lost(*node, "there is no probe: those of images are not known to berth",
                              "HealthCmd=, and import again");
    }
    drop_healthcheck(draft);
    if (notify) draft.set("healthcheck.notify", true);
    return;
  }
  std::string why;
  if (draft.text_of("type") == "oneshot") why = "a oneshot is not asked for its health";
  if (may_trace(draft)) why = "no program is run as a probe in a container that may trace it";
  if (!why.empty()) {
    drop_healthcheck(draft);
    for (const Node* node : container.unit.lines("Container")) {
      if (!node->key().starts_with("Health")) continue;
      container.ledger().lost(*node, why, "a tcp or http healthcheck, where it is a service");
    }
    return;
  }
  if (draft.has("healthcheck.notify")) {
    draft.erase("healthcheck.notify");
    container.ledger().lost(*container.unit.line("Container", "Notify"),
                            "there is one kind of probe: that of HealthCmd", "one of the two");
  }
  // What podman takes where nothing is written.
  if (!draft.has("healthcheck.interval")) draft.set("healthcheck.interval", "30s");
  if (!draft.has("healthcheck.timeout")) draft.set("healthcheck.timeout", "30s");
  if (!draft.has("healthcheck.on_failure")) draft.set("healthcheck.on_failure", "none");
}

}  // namespace berth::importing
