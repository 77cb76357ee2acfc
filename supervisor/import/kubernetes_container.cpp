// The keys of a container.
#include <cmath>

#include "supervisor/import/kubernetes.h"
#include "supervisor/import/ports.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void take_image(KubeContainer& container) {
  const Node* const image = container.node.find("image");
  if (image != nullptr) container.draft.set("image", image->take());
  const Node* const policy = container.node.find("imagePullPolicy");
  if (policy == nullptr) return;
  if (policy->text() == "Always" || policy->text() == "Never") {
    container.draft.set("pull", lower(policy->take()));
  } else if (policy->text() == "IfNotPresent") {
    policy->take();
    container.draft.set("pull", "missing");
  } else {
    container.ledger().senseless(*policy, "Always, IfNotPresent or Never");
  }
}

void take_program(KubeContainer& container) {
  if (const Node* const command = container.node.find("command")) {
    container.draft.set("entrypoint", expand_references(*command, container));
  }
  if (const Node* const arguments = container.node.find("args")) {
    container.draft.set("command", expand_references(*arguments, container));
  }
  if (const Node* const directory = container.node.find("workingDir")) {
    container.draft.set("working_dir", directory->take());
  }
}

// Ports that are only named need nothing; those of the host are published.
void take_ports(KubeContainer& container) {
  const Node* const ports = container.node.find("ports");
  if (ports == nullptr) return;
  const bool on_host = container.draft.text_of("network") == "host";
  for (const Node& port : ports->children()) {
    const Node* const host = port.find("hostPort");
    if (host != nullptr && !on_host) {
      publish(container.draft, port.take("hostIP"), host->take(), port.take("containerPort"),
              lower(port.take("protocol")));
    }
    container.ledger().note(port, "containers of one network reach each other's ports anyway");
  }
}

void take_cpu(const Node& node, KubeContainer& container, bool limit) {
  const auto count = quantity_of(node.text());
  if (!count) return container.ledger().senseless(node, "a quantity");
  node.take();
  if (limit) {
    container.draft.set("limits.cpus", std::round(*count * 1000) / 1000);
    return;
  }
  const auto shares = static_cast<std::int64_t>(std::llround(*count * 1024));
  container.draft.set("limits.cpu_weight", weight_of_shares(shares));
  container.draft.comment("limits.cpu_weight",
                          "from a request of " + node.text() + " cpu, as runtimes reckon it");
}

void take_resources(KubeContainer& container) {
  const Node* const resources = container.node.find("resources");
  if (resources == nullptr) return;
  if (resources->is_leaf()) resources->carry();
  if (const Node* const limits = resources->find("limits")) {
    for (const Node& limit : limits->children()) {
      if (limit.key() == "cpu") take_cpu(limit, container, true);
      if (limit.key() == "memory") {
        const auto bytes = quantity_of(limit.text());
        if (!bytes) {
          container.ledger().senseless(limit, "a quantity");
          continue;
        }
        limit.take();
        container.draft.set("limits.memory", size_text(static_cast<std::uint64_t>(*bytes)));
      }
      if (limit.fate() != Fate::open) continue;
      container.ledger().lost(limit, quote(limit.key()) + " is not a limit of a container",
                              limit.key().find('/') == std::string::npos
                                  ? "limits has what is one"
                                  : "name the devices in devices");
    }
  }
  const Node* const requests = resources->find("requests");
  if (requests == nullptr) return;
  for (const Node& request : requests->children()) {
    if (request.key() == "cpu") {
      take_cpu(request, container, false);
    } else {
      container.ledger().note(request, "nothing is scheduled: there is one host");
    }
  }
}

}  // namespace

void import_kube_container(KubeContainer& container) {
  take_image(container);
  take_kube_environment(container);
  take_program(container);
  take_ports(container);
  take_resources(container);
  take_kube_mounts(container);
  take_kube_rights(container);
  take_kube_probes(container);
  report_kube_losses(container.node, KubeScope::container, container.ledger());
}

std::string port_number(const std::string& port, const Node& container) {
  if (integer_of(port)) return port;
  const Node* const ports = container.find("ports");
  if (ports == nullptr) return "";
  for (const Node& known : ports->children()) {
    if (known.peek("name") == port) {
      known.take("name");
      return known.take("containerPort");
    }
  }
  return "";
}

}  // namespace berth::importing
