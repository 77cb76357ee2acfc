// healthcheck, restart, and deploy's restart_policy.
#include "supervisor/import/compose.h"
#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void limit_restarts(const Node& node, std::int64_t most, ComposeService& service) {
  if (most < 1) return;
  service.draft.set("restart.burst", most);
  service.draft.comment("restart.burst", "starts within restart.interval, and not in all");
  service.ledger().changed(node, "restarts are counted within restart.interval, not in all",
                           "restart.burst and restart.interval");
}

}  // namespace

void take_restart(const Node& node, ComposeService& service) {
  const std::string& word = node.text();
  const size_t colon = word.find(':');
  const std::string policy = word.substr(0, colon);
  if (policy == "false" || policy == "no" || policy == "never") {
    service.draft.set("restart.policy", "no");
  } else if (policy == "always" || policy == "unless-stopped" || policy == "on-failure") {
    service.draft.set("restart.policy", policy);
  } else {
    return service.ledger().senseless(node, "a restart policy");
  }
  if (colon != word.npos) {
    const auto most = integer_of(word.substr(colon + 1));
    if (!most) return service.ledger().senseless(node, "a restart policy");
    limit_restarts(node, *most, service);
  }
  node.take();
}

void take_restart_policy(const Node& node, ComposeService& service) {
  // deploy's policy restarts always, unless it says otherwise.
  service.draft.set("restart.policy", "always");
  for (const Node& member : node.children()) {
    if (member.key() == "condition") {
      const std::string& word = member.text();
      if (word != "any" && word != "none" && word != "on-failure") {
        service.ledger().senseless(member, "any, on-failure or none");
        continue;
      }
      member.take();
      service.draft.set("restart.policy", word == "any"    ? "always"
                                          : word == "none" ? "no"
                                                           : "on-failure");
    } else if (member.key() == "delay") {
      take_duration(member, "restart.delay", service.draft, service.ledger());
      service.draft.set("restart.factor", 1.0);
      if (seconds_of(service.draft.text_of("restart.delay")) > 60) {
        service.draft.set("restart.max_delay", service.draft.text_of("restart.delay"));
      }
    } else if (member.key() == "max_attempts") {
      const auto most = integer_of(member.text());
      if (most) limit_restarts(member, *most, service);
    } else if (member.key() == "window") {
      take_duration(member, "restart.reset_after", service.draft, service.ledger());
    }
  }
}

void take_healthcheck(const Node& node, ComposeService& service) {
  Draft& draft = service.draft;
  Ledger& ledger = service.ledger();
  const Node* const disabled = node.find("disable");
  if (disabled != nullptr && take_flag(*disabled, ledger) == true) {
    ledger.note(node, "there is none without it: those of images are not known to berth");
    return;
  }
  const Node* const test = node.find("test");
  if (test != nullptr) take_health_command(*test, draft, ledger);
  if (!draft.has("healthcheck.exec")) {
    if (test == nullptr) {
      ledger.lost(node, "there is no probe: those of images are not known to berth",
                  "write the image's own into healthcheck.exec");
    } else {
      ledger.note(node, "there is no probe");
    }
    return;
  }
  service.project.healthchecks[service.name] = &node;
  // What compose takes where nothing is written; berth's own are shorter.
  draft.set("healthcheck.interval", "30s");
  draft.set("healthcheck.timeout", "30s");
  draft.set("healthcheck.on_failure", "none");
  draft.comment("healthcheck.on_failure",
                "compose leaves an unhealthy container alone; "
                "\"restart\" would restart it");
  for (const Node& member : node.children()) {
    if (member.key() == "interval" || member.key() == "timeout" || member.key() == "start_period") {
      take_duration(member, "healthcheck." + member.key(), draft, ledger);
    } else if (member.key() == "start_interval") {
      ledger.lost(member, "probes come at one interval from the start", "healthcheck.interval");
    } else if (member.key() == "retries") {
      const auto count = integer_of(member.text());
      if (!count) {
        ledger.senseless(member, "a number");
        continue;
      }
      member.take();
      draft.set("healthcheck.retries", *count);
    }
  }
}

}  // namespace berth::importing
