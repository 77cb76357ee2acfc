// Compose files: what their importer's parts share. One file a concern:
//
//   compose.cpp              the project: services in turn, and how they depend on each other
//   compose_variables.cpp    ${NAME:-default}
//   compose_extends.cpp      extends
//   compose_service.cpp      the keys of a service: one row each
//   compose_losses.cpp       those that have no counterpart
//   compose_health.cpp       healthcheck, restart
//   compose_storage.cpp      volumes, tmpfs, configs, secrets
//   compose_network.cpp      ports, networks
//   compose_limits.cpp       limits, of old and of deploy
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/import/product.h"
#include "supervisor/import/take.h"

namespace berth::importing {

struct ComposeDependency {
  std::string from;
  std::string to;
  const Node* node = nullptr;  // where it is written
  std::string condition;       // as in definitions
  bool restart = false;
};

struct ComposeProject {
  const Node& root;
  Product& product;
  std::map<std::string, std::string> containers;  // service -> container
  std::vector<ComposeDependency> dependencies;
  std::map<std::string, const Node*> healthchecks;          // container -> where it is written
  std::map<std::string, std::vector<std::string>> aliases;  // container -> further names
};

// One service on its way to a draft.
struct ComposeService {
  const Node& node;
  const std::string& name;  // of the container
  Draft& draft;
  ComposeProject& project;
  Product& product;
  [[nodiscard]] Ledger& ledger() const { return product.ledger; }
};

void substitute_variables(Node& root, Product& product);
void extend_services(Node& root, Product& product);
void import_compose_service(ComposeService& service);
void report_compose_loss(const Node& member, Ledger& ledger);

// The keys of one concern each.
using ComposeKey = void (*)(const Node&, ComposeService&);
void take_restart(const Node& node, ComposeService& service);
void take_healthcheck(const Node& node, ComposeService& service);
void take_volumes(const Node& node, ComposeService& service);
void take_tmpfs(const Node& node, ComposeService& service);
void take_secrets(const Node& node, ComposeService& service);
void take_configs(const Node& node, ComposeService& service);
void take_ports(const Node& node, ComposeService& service);
void take_networks(const Node& node, ComposeService& service);
void take_network_mode(const Node& node, ComposeService& service);
void take_deploy(const Node& node, ComposeService& service);
void take_ulimits(const Node& node, ComposeService& service);
void take_blkio(const Node& node, ComposeService& service);
void take_memory(const Node& node, ComposeService& service);
void take_memswap(const Node& node, ComposeService& service);
void take_memory_reservation(const Node& node, ComposeService& service);
void take_cpus(const Node& node, ComposeService& service);
void take_cpu_shares(const Node& node, ComposeService& service);
void take_cpu_quota(const Node& node, ComposeService& service);
void take_pids(const Node& node, ComposeService& service);
// deploy.restart_policy; deploy.replicas and scale.
void take_restart_policy(const Node& node, ComposeService& service);
void take_replicas(const Node& node, ComposeService& service);
void take_device(const Node& node, ComposeService& service);

// Gives each container its further names, on every network that it is attached to.
void attach_aliases(ComposeProject& project);
// The top of the file, after its services.
void import_compose_networks(ComposeProject& project);
void import_compose_volumes(ComposeProject& project);
void import_compose_files(ComposeProject& project);  // configs, secrets

}  // namespace berth::importing
