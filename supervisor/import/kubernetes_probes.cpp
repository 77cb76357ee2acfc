// Probes: a pod may have three, a definition has one. What keeps the container alive comes first.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/security.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

bool take_http(const Node& http, KubeContainer& container) {
  const std::string port = port_number(http.peek("port"), container.node);
  const Node* const scheme = http.find("scheme");
  if (scheme != nullptr && scheme->text() == "HTTPS") {
    container.ledger().lost(http, "probes do not speak https", "a tcp probe, or exec");
    return false;
  }
  if (port.empty()) {
    container.ledger().senseless(http, "a probe: its port is not known");
    return false;
  }
  if (scheme != nullptr) scheme->take();
  http.take("port");
  std::string path = http.take("path");
  if (!path.starts_with('/')) path = "/" + path;
  const std::string host = http.peek("host");
  if (host == "localhost" || host == "127.0.0.1") http.take("host");
  container.draft.set("healthcheck.http", "http://127.0.0.1:" + port + path);
  if (const Node* const headers = http.find("httpHeaders")) {
    container.ledger().lost(*headers, "probes have no headers of their own",
                            "a tcp probe, or exec");
  }
  return true;
}

// False, with a report, for what has no counterpart.
bool take_handler(const Node& probe, KubeContainer& container) {
  if (const Node* const http = probe.find("httpGet")) return take_http(*http, container);
  if (const Node* const socket = probe.find("tcpSocket")) {
    const std::string port = port_number(socket->peek("port"), container.node);
    if (port.empty()) {
      container.ledger().senseless(*socket, "a probe: its port is not known");
      return false;
    }
    socket->take("port");
    container.draft.set("healthcheck.tcp", "127.0.0.1:" + port);
    return true;
  }
  const Node* const exec = probe.find("exec", "command");
  if (exec == nullptr) {
    container.ledger().lost(probe, "a probe of this kind has no counterpart", "http, tcp or exec");
    return false;
  }
  if (may_trace(container.draft)) {
    container.ledger().lost(probe, "no program is run as a probe in a container that may trace it",
                            "a tcp or http healthcheck");
    return false;
  }
  container.draft.set("healthcheck.exec", take_words(*exec, container.ledger()));
  return true;
}

double take_number(const Node& probe, const char* key, double without, KubeContainer& container) {
  const Node* const node = probe.find(key);
  if (node == nullptr) return without;
  const auto number = number_of(node->text());
  if (!number) {
    container.ledger().senseless(*node, "a number");
    return without;
  }
  node->take();
  return *number;
}

void take_times(const Node& probe, KubeContainer& container) {
  Draft& draft = container.draft;
  // What Kubernetes takes where nothing is written.
  draft.set("healthcheck.interval",
            seconds_text(take_number(probe, "periodSeconds", 10, container)));
  draft.set("healthcheck.timeout",
            seconds_text(take_number(probe, "timeoutSeconds", 1, container)));
  const double retries = take_number(probe, "failureThreshold", 3, container);
  if (retries != 3) draft.set("healthcheck.retries", static_cast<std::int64_t>(retries));
  const double delay = take_number(probe, "initialDelaySeconds", 0, container);
  if (delay > 0) draft.set("healthcheck.start_period", seconds_text(delay));
  const Node* const successes = probe.find("successThreshold");
  if (successes != nullptr && successes->text() == "1") {
    successes->take();
  } else if (successes != nullptr) {
    container.ledger().lost(*successes, "one success is enough", "leave it out");
  }
}

// As long as the startup probe would wait, failures of the other one do not count.
void take_startup(const Node& probe, KubeContainer& container) {
  const double wait = take_number(probe, "initialDelaySeconds", 0, container) +
                      take_number(probe, "periodSeconds", 10, container) *
                          take_number(probe, "failureThreshold", 3, container);
  container.draft.set("healthcheck.start_period", seconds_text(wait));
  container.ledger().changed(probe,
                             "there is one probe: it is asked from the start, and its "
                             "failures do not count for so long",
                             "healthcheck.start_period");
}

}  // namespace

void take_kube_probes(KubeContainer& container) {
  const Node* const alive = container.node.find("livenessProbe");
  const Node* const ready = container.node.find("readinessProbe");
  const Node* const begun = container.node.find("startupProbe");
  const Node* const probe = alive != nullptr ? alive : ready != nullptr ? ready : begun;
  if (probe == nullptr) return;
  if (container.pod.completes) {
    for (const Node* each : {alive, ready, begun}) {
      if (each != nullptr) {
        container.ledger().lost(*each, "a oneshot is not asked for its health", "leave it out");
      }
    }
    return;
  }
  if (take_handler(*probe, container)) {
    take_times(*probe, container);
    if (probe == ready) {
      container.draft.set("healthcheck.on_failure", "none");
      container.draft.comment("healthcheck.on_failure",
                              "it asked whether it is ready, which never restarted it");
    }
    if (begun != nullptr && begun != probe) take_startup(*begun, container);
  }
  if (ready != nullptr && ready != probe) {
    container.ledger().lost(*ready, "there is one probe: that of livenessProbe",
                            "ready is what is healthy; choose the one that fits");
  }
  if (begun != nullptr && begun->untouched()) {
    container.ledger().lost(*begun, "there is one probe", "healthcheck.start_period");
  }
}

}  // namespace berth::importing
