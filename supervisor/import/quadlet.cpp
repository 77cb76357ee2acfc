// The units of a directory: which files are one unit, what each is called, and their import in
// turn.
#include "supervisor/import/quadlet.h"

#include <algorithm>

#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "…/web.container.d/10-limits.conf" belongs to "web.container".
std::string unit_of(const std::string& path) {
  if (!path.ends_with(".conf")) return base_name(path);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "" : base_name(path.substr(0, slash));
  return folder.ends_with(".d") ? folder.substr(0, folder.size() - 2) : base_name(path);
}

std::string name_of_unit(const QuadletUnit& unit) {
  std::string name;
  if (unit.kind == "container") name = unit.peek("Container", "ContainerName");
  if (unit.kind == "network") name = unit.peek("Network", "NetworkName");
  if (unit.kind == "volume") name = unit.peek("Volume", "VolumeName");
  if (name.empty() || name.find('%') != name.npos) name = unit.stem;
  return definition_name(name);
}

void collect(std::vector<Node>& files, QuadletSet& set) {
  for (Node& file : files) {
    if (file.is_leaf()) file.carry();  // a unit of which nothing is said
    const std::string name = unit_of(file.place().file);
    QuadletUnit& unit = set.units[name];
    const size_t dot = name.rfind('.');
    unit.stem = name.substr(0, dot);
    unit.kind = dot == name.npos ? "" : name.substr(dot + 1);
    // Drop-ins come after the file itself, in the order of their names.
    if (file.place().file.ends_with(".conf")) {
      unit.files.push_back(&file);
    } else {
      unit.files.insert(unit.files.begin(), &file);
    }
  }
}

void take_line(const std::string& section, const Node& node, QuadletContainer& container) {
  if (node.fate() != Fate::open) return;
  bool taken = false;
  if (section == "Container") {
    taken = take_container_key(node, container) || take_health_key(node, container) ||
            take_storage_key(node, container) || take_network_key(node, container);
  } else if (section == "Unit") {
    taken = take_unit_key(node, container);
  } else if (section == "Service") {
    taken = take_service_key(node, container);
  } else if (section == "Install") {
    taken = take_install_key(node, container);
  }
  if (!taken) report_quadlet_loss(section, node, container.ledger());
}

// Tells of the lines that an empty assignment takes back.
void report_resets(const QuadletUnit& unit, Ledger& ledger) {
  for (const Node* file : unit.files) {
    for (const Node& section : file->children()) {
      const std::vector<const Node*> left = unit.lines(section.key());
      for (const Node& line : section.children()) {
        if (line.text().empty()) {
          line.carry();
        } else if (std::ranges::find(left, &line) == left.end()) {
          ledger.note(line, "a later empty assignment takes it back");
        }
      }
    }
  }
}

void import_container(const QuadletUnit& unit, QuadletSet& set) {
  QuadletContainer container{unit, set.product.containers[unit.name], set, set.product, {}};
  // What systemd does where nothing is written.
  container.draft.set("restart.policy", "no");
  if (unit.line("Install", "WantedBy") == nullptr &&
      unit.line("Install", "RequiredBy") == nullptr) {
    container.draft.set("autostart", false);
    container.draft.comment("autostart", "the unit has no [Install]: nothing starts it by itself");
  }
  for (const char* section : {"Unit", "Container", "Service", "Install"}) {
    for (const Node* node : unit.lines(section)) take_line(section, *node, container);
  }
  finish_quadlet_network(container);
  finish_quadlet_health(container);
}

void import_other(const QuadletUnit& unit, QuadletSet& set) {
  Ledger& ledger = set.product.ledger;
  if (unit.kind == "network") import_network_unit(unit, set.product);
  if (unit.kind == "volume") import_volume_unit(unit, set.product);
  if (unit.kind == "pod") import_pod_unit(unit, set);
  if (unit.kind == "timer") import_timer_unit(unit, set);
  for (const char* section : {"Unit", "Service", "Install", "Image", "Build", "Kube", "Pod",
                              "Network", "Volume", "Quadlet"}) {
    for (const Node* node : unit.lines(section)) {
      if (node->fate() == Fate::open) report_quadlet_loss(section, *node, ledger);
    }
  }
}

}  // namespace

std::vector<const Node*> QuadletUnit::lines(std::string_view section) const {
  std::vector<const Node*> lines;
  for (const Node* file : files) {
    const Node* const found = file->find(section);
    if (found == nullptr) continue;
    for (const Node& line : found->children()) {
      // An empty assignment takes back what was assigned before.
      std::erase_if(lines, [&](const Node* before) {
        return line.text().empty() && before->key() == line.key();
      });
      if (!line.text().empty()) lines.push_back(&line);
    }
  }
  return lines;
}

const Node* QuadletUnit::line(std::string_view section, std::string_view key) const {
  const Node* found = nullptr;
  for (const Node* line : lines(section)) {
    if (line->key() == key) found = line;
  }
  return found;
}

std::string QuadletUnit::peek(std::string_view section, std::string_view key) const {
  const Node* const found = line(section, key);
  return found == nullptr ? "" : found->text();
}

std::string QuadletUnit::take(std::string_view section, std::string_view key) const {
  const Node* const found = line(section, key);
  return found == nullptr ? "" : found->take();
}

bool QuadletUnit::has(std::string_view section) const { return !lines(section).empty(); }

const QuadletUnit* QuadletSet::find(const std::string& file) const {
  const auto found = units.find(file);
  return found == units.end() ? nullptr : &found->second;
}

const QuadletUnit* QuadletSet::container_of(const std::string& unit) const {
  const std::string stem = unit.substr(0, unit.rfind('.'));
  if (!unit.ends_with(".service") && !unit.ends_with(".container")) return nullptr;
  return find(stem + ".container");
}

void import_quadlet(std::vector<Node>& files, Product& product) {
  QuadletSet set{product, {}};
  collect(files, set);
  for (auto& [file, unit] : set.units) {
    expand_specifiers(unit, product.ledger);
    report_resets(unit, product.ledger);
    unit.name = name_of_unit(unit);
    if (unit.kind == "container") product.containers[unit.name];
  }
  for (const auto& [file, unit] : set.units) {
    if (unit.kind == "container") import_container(unit, set);
  }
  for (const auto& [file, unit] : set.units) {
    if (unit.kind != "container") import_other(unit, set);
  }
}

}  // namespace berth::importing
