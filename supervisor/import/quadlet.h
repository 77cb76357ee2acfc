// Quadlets: what their importer's parts share. One file a concern:
//
//   unit_reader.cpp        the format
//   quadlet.cpp            the units of a directory, and their drop-ins
//   quadlet_specifiers.cpp %h, %n and their kin
//   quadlet_container.cpp  [Container]: what it runs and may do
//   quadlet_health.cpp     [Container]: health and logs
//   quadlet_storage.cpp    [Container] volumes, mounts, secrets; .volume
//   quadlet_network.cpp    [Container] networks, ports; .network, .pod
//   quadlet_unit.cpp       [Unit], [Install]; .timer
//   quadlet_service.cpp    [Service]
//   quadlet_losses.cpp     what is known to have no counterpart
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervisor/import/product.h"
#include "supervisor/import/take.h"

namespace berth::importing {

// One unit: its file and its drop-ins.
struct QuadletUnit {
  std::string stem;  // "web"
  std::string kind;  // "container", "network", ...
  std::string name;  // of what it defines here
  std::vector<Node*> files;

  // The lines of a section, drop-ins after the file. Those that an empty assignment took back
  // are marked, and left out.
  [[nodiscard]] std::vector<const Node*> lines(std::string_view section) const;
  // The last line of a key; nullptr without one.
  [[nodiscard]] const Node* line(std::string_view section, std::string_view key) const;
  [[nodiscard]] std::string peek(std::string_view section, std::string_view key) const;
  // Its value, carried over.
  [[nodiscard]] std::string take(std::string_view section, std::string_view key) const;
  [[nodiscard]] bool has(std::string_view section) const;
};

struct QuadletSet {
  Product& product;
  std::map<std::string, QuadletUnit> units;  // by "web.container"
  [[nodiscard]] const QuadletUnit* find(const std::string& file) const;
  // The container that "web.service" or "web.container" means; nullptr for none of this set.
  [[nodiscard]] const QuadletUnit* container_of(const std::string& unit) const;
};

struct QuadletContainer {
  const QuadletUnit& unit;
  Draft& draft;
  QuadletSet& set;
  Product& product;
  std::vector<std::string> aliases;
  [[nodiscard]] Ledger& ledger() const { return product.ledger; }
};

void expand_specifiers(const QuadletUnit& unit, Ledger& ledger);

// Each says whether the key is of its concern.
bool take_container_key(const Node& node, QuadletContainer& container);
bool take_health_key(const Node& node, QuadletContainer& container);
bool take_storage_key(const Node& node, QuadletContainer& container);
bool take_network_key(const Node& node, QuadletContainer& container);
bool take_unit_key(const Node& node, QuadletContainer& container);
bool take_service_key(const Node& node, QuadletContainer& container);
bool take_install_key(const Node& node, QuadletContainer& container);
// What is left: reported by name where its section has a row for it.
void report_quadlet_loss(const std::string& section, const Node& node, Ledger& ledger);

// When all lines of a container have been seen.
void finish_quadlet_network(QuadletContainer& container);
void finish_quadlet_health(QuadletContainer& container);

void import_network_unit(const QuadletUnit& unit, Product& product);
void import_volume_unit(const QuadletUnit& unit, Product& product);
void import_pod_unit(const QuadletUnit& unit, QuadletSet& set);
void import_timer_unit(const QuadletUnit& unit, QuadletSet& set);

}  // namespace berth::importing
