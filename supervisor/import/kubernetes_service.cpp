// Service: a name for what its selector finds, and ports of the host that lead there.
#include <algorithm>

#include "supervisor/import/kubernetes.h"
#include "supervisor/import/ports.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

bool selects(const Node& selector, const Node* labels) {
  if (labels == nullptr || selector.children().empty()) return false;
  return std::ranges::all_of(selector.children(), [&](const Node& wanted) {
    const Node* const label = labels->find(wanted.key());
    return label != nullptr && label->text() == wanted.text();
  });
}

std::vector<KubeTarget> targets_of(const Node& service, const KubeSet& set) {
  std::vector<KubeTarget> found;
  const Node* const selector = service.find("spec", "selector");
  if (selector == nullptr) return found;
  for (const KubeTarget& target : set.targets) {
    const Toml* const type = set.product.containers.at(target.container).find("type");
    const bool service_itself = type == nullptr || *type == Toml("service");
    if (service_itself && selects(*selector, target.labels)) found.push_back(target);
  }
  return found;
}

// Of the pod's containers the one that has the port; the first when none says so.
const KubeTarget& target_of(const std::string& port, const std::vector<KubeTarget>& targets) {
  for (const KubeTarget& target : targets) {
    const Node* const ports = target.node->find("ports");
    if (ports == nullptr) continue;
    for (const Node& known : ports->children()) {
      if (known.peek("containerPort") == port || known.peek("name") == port) return target;
    }
  }
  return targets.front();
}

void take_port(const Node& port, const std::string& type, const std::vector<KubeTarget>& targets,
               KubeSet& set) {
  Ledger& ledger = set.product.ledger;
  const std::string outer = port.peek("port");
  const std::string wanted = port.peek("targetPort").empty() ? outer : port.peek("targetPort");
  const KubeTarget& target = target_of(wanted, targets);
  const std::string inner = port_number(wanted, *target.node);
  if (inner.empty()) return ledger.senseless(port, "a port of what it leads to");
  const Node* const on_host = port.find("nodePort");
  const std::string host = type == "NodePort"       ? (on_host == nullptr ? "" : on_host->text())
                           : type == "LoadBalancer" ? outer
                                                    : "";
  port.take("port");
  port.take("targetPort");
  port.take("name");
  const std::string protocol = lower(port.take("protocol"));
  Draft& draft = set.product.containers.at(target.container);
  if (target.on_host) {
    ledger.note(port, "the container is on the host's network: its ports are the host's");
  } else if (!host.empty()) {
    publish(draft, "", host, inner, protocol);
    if (on_host != nullptr && type == "NodePort") on_host->take();
    if (on_host != nullptr && type == "LoadBalancer") {
      ledger.note(*on_host, "the port of the balancer is published instead");
    }
  } else if (type == "NodePort") {
    ledger.lost(port, "a port of the host is not chosen freely", "nodePort, or ports");
  }
  if (outer != inner && type != "NodePort") {
    ledger.changed(port, "within the network it answers at " + inner + ", not at " + outer,
                   "have callers use " + inner);
  }
}

void add_name(const Node& service, const std::vector<KubeTarget>& targets, KubeSet& set) {
  const Node* const metadata = service.find("metadata");
  const std::string name = metadata == nullptr ? "" : metadata->peek("name");
  for (const KubeTarget& target : targets) {
    Draft& draft = set.product.containers.at(target.container);
    if (target.on_host || target.container == name || !is_hostname(name)) continue;
    if (!draft.has("networks")) draft.append("networks", TomlTable{{"name", "default"}});
    add_aliases(*draft.items("networks").front().get<TomlTable>(), {name});
  }
}

}  // namespace

void import_kube_service(const Node& document, KubeSet& set) {
  const Node* const spec = document.find("spec");
  if (spec == nullptr) return;
  Ledger& ledger = set.product.ledger;
  const std::string type = spec->peek("type").empty() ? "ClusterIP" : spec->peek("type");
  const std::vector<KubeTarget> targets = targets_of(document, set);
  if (targets.empty()) {
    return ledger.lost(*spec, "it leads to nothing in these files",
                       "import it with what it leads to");
  }
  if (const Node* const said = spec->find("type")) {
    if (type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer") {
      said->take();
    } else {
      ledger.senseless(*said, "ClusterIP, NodePort or LoadBalancer");
    }
  }
  spec->find("selector")->carry();
  add_name(document, targets, set);
  if (const Node* const ports = spec->find("ports")) {
    for (const Node& port : ports->children()) take_port(port, type, targets, set);
  }
  if (const Node* const address = spec->find("clusterIP")) {
    if (address->text() == "None") {
      address->take();
    } else {
      ledger.lost(*address, "a name has the containers' addresses", "ipv4_address of a network");
    }
  }
  if (const Node* const labels = document.find("metadata", "labels")) {
    ledger.note(*labels, "a Service has no counterpart of its own; its name is an alias");
  }
  report_kube_losses(*spec, KubeScope::service, ledger);
}

}  // namespace berth::importing
