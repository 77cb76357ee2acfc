// [Unit] and [Install]: what it waits for, and whether it starts by itself; .timer units.
#include <algorithm>
#include <array>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// What is there long before berthd, or is berth's own business.
bool is_always_there(const std::string& unit) {
  constexpr std::array<std::string_view, 12> kThere{
      "network.target",    "network-online.target", "local-fs.target",  "basic.target",
      "multi-user.target", "default.target",        "sysinit.target",   "podman.service",
      "podman.socket",     "remote-fs.target",      "time-sync.target", "nss-lookup.target"};
  return std::ranges::find(kThere, unit) != kThere.end();
}

// "lan-network.service", "lan.network", "data-volume.service": berth makes them as they are used.
bool is_made_on_use(const std::string& unit, const QuadletSet& set) {
  for (const char* kind : {"network", "volume", "image", "build", "pod"}) {
    const std::string suffix = std::string("-") + kind + ".service";
    const std::string ending = std::string(".") + kind;
    if (unit.ends_with(suffix) &&
        set.find(unit.substr(0, unit.size() - suffix.size()) + ending) != nullptr) {
      return true;
    }
    if (unit.ends_with(ending)) return true;
  }
  return false;
}

void depend(const std::string& from, const std::string& on, bool restart, Product& product) {
  Draft& draft = product.containers.at(from);
  const Toml* const known = draft.find("depends_on");
  bool restarts = restart;
  if (known != nullptr) {
    for (const auto& [name, options] : *known->get<TomlTable>()) {
      restarts = restarts || (name == on && options.get<TomlTable>()->size() > 1);
    }
  }
  TomlTable options{{"condition", "started"}};
  if (restarts) options.emplace_back("restart", true);
  draft.put("depends_on", on, std::move(options));
}

void take_dependencies(const Node& node, bool restart, QuadletContainer& container) {
  std::vector<std::string> there;
  for (const std::string& unit : split_spaces(node.text())) {
    const QuadletUnit* const other = container.set.container_of(unit);
    if (is_always_there(unit) || is_made_on_use(unit, container.set)) {
      there.push_back(unit);
    } else if (other != nullptr) {
      if (other->name != container.unit.name) {
        depend(container.unit.name, other->name, restart, container.product);
      }
      node.take();
    } else {
      depend(container.unit.name, "systemd:" + unit, restart, container.product);
      node.take();
    }
  }
  if (there.size() == split_spaces(node.text()).size()) {
    container.ledger().note(node, "it is there before berth starts a container");
  }
}

// What shall be started after this one depends on it.
void take_before(const Node& node, QuadletContainer& container) {
  for (const std::string& unit : split_spaces(node.text())) {
    const QuadletUnit* const other = container.set.container_of(unit);
    if (other == nullptr) {
      container.ledger().lost(node, "units of the host do not wait for a container",
                              "After=berthd.service there");
      continue;
    }
    depend(other->name, container.unit.name, false, container.product);
    node.take();
  }
}

// "/srv/media" -> "srv-media.mount", as systemd-escape --path --suffix=mount does.
std::string mount_unit(const std::string& path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const char c : path.substr(1)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == ':';
    if (c == '/') {
      name += '-';
    } else if (plain) {
      name += c;
    } else {
      name += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    }
  }
  return name + ".mount";
}

void take_required_mounts(const Node& node, QuadletContainer& container) {
  for (const std::string& path : split_spaces(node.take())) {
    if (path.size() < 2 || path[0] != '/') continue;
    depend(container.unit.name, "systemd:" + mount_unit(path), false, container.product);
  }
  container.ledger().changed(node, "it waits for a mount at this path, not above it",
                             "name the unit of the mount point in depends_on");
}

void take_description(const Node& node, QuadletContainer& container) {
  container.draft.heading(node.take());
}

void take_burst(const Node& node, QuadletContainer& container) {
  const auto count = integer_of(node.text());
  if (!count) return container.ledger().senseless(node, "a number");
  node.take();
  if (*count > 0) container.draft.set("restart.burst", *count);
}

void take_interval(const Node& node, QuadletContainer& container) {
  const auto interval = systemd_duration_of(node.text());
  if (!interval) return container.ledger().senseless(node, "a time span");
  if (seconds_of(*interval) == 0) {
    return container.ledger().lost(node, "starts are always counted", "a large restart.burst");
  }
  node.take();
  container.draft.set("restart.interval", *interval);
}

}  // namespace

bool take_unit_key(const Node& node, QuadletContainer& container) {
  const std::string& key = node.key();
  if (key == "Description") {
    take_description(node, container);
  } else if (key == "After" || key == "Requires" || key == "Wants" || key == "Requisite" ||
             key == "Upholds") {
    take_dependencies(node, false, container);
  } else if (key == "BindsTo" || key == "PartOf") {
    take_dependencies(node, true, container);
  } else if (key == "Before") {
    take_before(node, container);
  } else if (key == "RequiresMountsFor" || key == "WantsMountsFor") {
    take_required_mounts(node, container);
  } else if (key == "StartLimitBurst") {
    take_burst(node, container);
  } else if (key == "StartLimitIntervalSec" || key == "StartLimitInterval") {
    take_interval(node, container);
  } else {
    return false;
  }
  return true;
}

bool take_install_key(const Node& node, QuadletContainer& container) {
  const std::string& key = node.key();
  if (key != "WantedBy" && key != "RequiredBy") return false;
  for (const std::string& unit : split_spaces(node.text())) {
    const QuadletUnit* const other = container.set.container_of(unit);
    if (other != nullptr) {
      depend(other->name, container.unit.name, false, container.product);
    } else if (!is_always_there(unit)) {
      container.ledger().changed(node, "it starts with berthd, not with " + unit,
                                 "autostart = false, and berth start where it is wanted");
    }
  }
  node.take();
  return true;
}

void import_timer_unit(const QuadletUnit& unit, QuadletSet& set) {
  std::string service = unit.peek("Timer", "Unit");
  if (service.empty()) service = unit.stem + ".service";
  const QuadletUnit* const other = set.container_of(service);
  for (const Node* node : unit.lines("Timer")) {
    if (node->key() == "Unit" && other != nullptr) node->take();
    if (node->key() != "OnCalendar" || other == nullptr) continue;
    Draft& draft = set.product.containers.at(other->name);
    if (draft.has("schedule")) {
      set.product.ledger.lost(*node, "there is one schedule, the first", "one that says both");
      continue;
    }
    draft.set("schedule", node->take());
    become_oneshot(draft);
    // The timer starts it, and nothing else.
    draft.erase("autostart");
    draft.forget_comment("autostart");
  }
  for (const Node* node : unit.lines("Install")) {
    set.product.ledger.note(*node, "a schedule is looked after from berthd's start on");
  }
}

}  // namespace berth::importing
