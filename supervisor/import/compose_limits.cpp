// Limits: the old keys of a service, those of deploy.resources, and the rest of deploy.
#include <algorithm>
#include <cmath>

#include "supervisor/import/compose.h"
#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void set_swap(ComposeService& service, const Node& node) {
  // compose counts memory and swap together.
  const auto memory = bytes_of(service.draft.text_of("limits.memory"));
  const auto both = size_of(node.text());
  if (node.text() == "-1") {
    return service.ledger().note(node, "swap is not limited without limits.memory_swap");
  }
  if (!both || !memory || *bytes_of(*both) < *memory) {
    return service.ledger().lost(node, "it is memory and swap together, and has no meaning alone",
                                 "limits.memory_swap");
  }
  node.take();
  service.draft.set("limits.memory_swap", size_text(*bytes_of(*both) - *memory));
}

void take_device_reservations(const Node& node, ComposeService& service) {
  service.ledger().lost(node, "graphics processors are not passed through by name",
                        "name their devices in devices, and mount their libraries");
}

void take_limits(const Node& limits, ComposeService& service) {
  for (const Node& member : limits.children()) {
    if (member.key() == "memory") take_memory(member, service);
    if (member.key() == "cpus") take_cpus(member, service);
    if (member.key() == "pids") take_pids(member, service);
  }
}

void take_reservations(const Node& reservations, ComposeService& service) {
  for (const Node& member : reservations.children()) {
    if (member.key() == "memory") take_memory_reservation(member, service);
    if (member.key() == "devices") take_device_reservations(member, service);
    if (member.key() == "cpus") {
      service.ledger().lost(member, "processor time is not reserved", "limits.cpu_weight");
    }
  }
}

struct DeployLoss {
  std::string_view key;
  const char* what;
  const char* instead;
};
constexpr DeployLoss kDeployLosses[] = {
    {"placement", "there is one host", "put the file on the host where it shall run"},
    {"update_config", "one container is replaced by the other, without an overlap",
     "update.window says when"},
    {"rollback_config", "a change is undone by berth rollback", "leave it out"},
    {"endpoint_mode", "there is one container behind a name", "leave it out"},
};

}  // namespace

void take_memory(const Node& node, ComposeService& service) {
  if (node.text() == "0") return node.carry();
  take_size(node, "limits.memory", service.draft, service.ledger());
}

void take_memswap(const Node& node, ComposeService& service) {
  if (const Node* const memory = service.node.find("mem_limit")) take_memory(*memory, service);
  set_swap(service, node);
}

void take_memory_reservation(const Node& node, ComposeService& service) {
  const auto size = size_of(node.text());
  if (!size) return service.ledger().senseless(node, "a size");
  node.take();
  service.draft.put("limits.cgroup", "memory.low", std::to_string(*bytes_of(*size)));
}

void take_cpus(const Node& node, ComposeService& service) {
  const auto count = number_of(node.text());
  if (!count) return service.ledger().senseless(node, "a number of processors");
  node.take();
  if (*count > 0) service.draft.set("limits.cpus", *count);
}

void take_cpu_shares(const Node& node, ComposeService& service) {
  const auto shares = integer_of(node.text());
  if (!shares) return service.ledger().senseless(node, "a number");
  node.take();
  if (*shares <= 0) return;
  service.draft.set("limits.cpu_weight", weight_of_shares(*shares));
  service.draft.comment("limits.cpu_weight",
                        "from cpu_shares " + std::to_string(*shares) + ", as runtimes reckon it");
}

void take_cpu_quota(const Node& node, ComposeService& service) {
  const auto quota = number_of(node.text());
  const Node* const period = service.node.find("cpu_period");
  const auto length = period == nullptr ? 100000.0 : number_of(period->text()).value_or(0);
  if (!quota || length <= 0) return service.ledger().senseless(node, "a time in microseconds");
  node.take();
  if (period != nullptr) period->take();
  if (*quota > 0) service.draft.set("limits.cpus", std::round(*quota / length * 1000) / 1000);
}

void take_pids(const Node& node, ComposeService& service) {
  const auto count = integer_of(node.text());
  if (!count) return service.ledger().senseless(node, "a number");
  node.take();
  if (*count > 0) service.draft.set("limits.pids", *count);
}

void take_ulimits(const Node& node, ComposeService& service) {
  const auto limit = [](const std::string& text) {
    return text == "-1" ? std::string("unlimited") : text;
  };
  for (const Node& member : node.children()) {
    if (member.is_scalar()) {
      const auto number = integer_of(member.text());
      if (!number) {
        service.ledger().senseless(member, "a limit");
        continue;
      }
      member.take();
      service.draft.put("limits.ulimits", member.key(),
                        *number < 0 ? Toml("unlimited") : Toml(*number));
    } else if (member.find("soft") != nullptr && member.find("hard") != nullptr) {
      service.draft.put("limits.ulimits", member.key(),
                        limit(member.take("soft")) + ":" + limit(member.take("hard")));
    }
  }
}

void take_blkio(const Node& node, ComposeService& service) {
  struct Rate {
    std::string_view key;
    const char* name;
    bool bytes;
  };
  constexpr Rate kRates[] = {{"device_read_bps", "read_bps", true},
                             {"device_write_bps", "write_bps", true},
                             {"device_read_iops", "read_iops", false},
                             {"device_write_iops", "write_iops", false}};
  if (const Node* const weight = node.find("weight")) {
    if (const auto number = integer_of(weight->take())) {
      service.draft.set("limits.io_weight", *number);
    }
  }
  std::map<std::string, TomlTable> devices;
  for (const Rate& rate : kRates) {
    const Node* const list = node.find(rate.key);
    if (list == nullptr) continue;
    for (const Node& item : list->children()) {
      const std::string path = item.take("path");
      TomlTable& device = devices[path];
      if (device.empty()) device.emplace_back("device", path);
      const std::string value = item.take("rate");
      const auto number = integer_of(value);
      device.emplace_back(
          rate.name, rate.bytes ? Toml(size_of(value).value_or(value)) : Toml(number.value_or(0)));
    }
  }
  for (auto& [path, device] : devices) service.draft.append("limits.io", std::move(device));
}

void take_replicas(const Node& node, ComposeService& service) {
  const auto count = integer_of(node.text());
  if (!count) return service.ledger().senseless(node, "a number");
  if (*count > 1) {
    return service.ledger().lost(node, "one container is run, not " + node.text(),
                                 "copy the file under other names");
  }
  node.take();
  if (*count == 0) service.draft.set("autostart", false);
}

void take_device(const Node& node, ComposeService& service) {
  take_device_path(node, service.draft, service.ledger());
}

void take_deploy(const Node& node, ComposeService& service) {
  if (const Node* const limits = node.find("resources", "limits")) take_limits(*limits, service);
  if (const Node* const reserved = node.find("resources", "reservations")) {
    take_reservations(*reserved, service);
  }
  for (const Node& member : node.children()) {
    if (member.key() == "replicas") take_replicas(member, service);
    if (member.key() == "restart_policy") take_restart_policy(member, service);
    if (member.key() == "labels") {
      service.ledger().lost(member, "a service of a swarm has labels, a container its own",
                            "labels");
    }
    if (member.key() == "mode") {
      if (member.text() == "replicated") {
        member.take();
      } else {
        service.ledger().lost(member, "there is one host, and one container", "leave it out");
      }
    }
    for (const DeployLoss& loss : kDeployLosses) {
      if (member.key() == loss.key) service.ledger().lost(member, loss.what, loss.instead);
    }
  }
}

}  // namespace berth::importing
