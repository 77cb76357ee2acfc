// A container of LXC: mostly a distribution that boots its own init, sometimes one program.
#include "supervisor/import/lxc.h"

#include <array>
#include <cstdint>

#include "supervisor/import/security.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

const Node* last_of(const Node& config, std::string_view key) {
  const Node* found = nullptr;
  for (const Node& entry : config.children()) {
    if (entry.key() == key && !entry.text().empty()) found = &entry;
  }
  return found;
}

// lxc.uts.name, or the directory of the file, which LXC names after the container.
std::string name_of_container(const Node& config) {
  for (const char* key : {"lxc.uts.name", "lxc.utsname"}) {
    if (const Node* const name = last_of(config, key)) return name->text();
  }
  const std::vector<std::string> parts = split(config.place().file, '/');
  if (parts.back() == "config" && parts.size() > 1) return parts[parts.size() - 2];
  return parts.back().substr(0, parts.back().rfind('.'));
}

// "dir:/path", "overlay:/lower:/upper", "zfs:pool/name": what is no directory must be mounted.
void take_rootfs(const Node& node, LxcContainer& container) {
  const std::string& text = node.text();
  Ledger& ledger = container.product.ledger;
  const size_t colon = text.starts_with('/') ? text.npos : text.find(':');
  const std::string kind = colon == text.npos ? "dir" : text.substr(0, colon);
  std::string path = colon == text.npos ? text : text.substr(colon + 1);
  const bool overlay = kind == "overlay" || kind == "overlayfs";
  if (overlay) path = path.substr(0, path.find(':'));
  if ((kind == "dir" || kind == "btrfs" || overlay) && path.starts_with('/')) {
    node.take();
    container.draft.set("rootfs", path);
  } else {
    path = "/var/lib/lxc/" + container.name + "/rootfs";
    container.draft.set("rootfs", path);
    container.draft.comment("rootfs", "it was " + text + ": mount it here");
    return ledger.lost(node, "a root file system of kind " + quote(kind) + " is not mounted",
                       "mount it on the host, at " + path);
  }
  if (overlay) {
    ledger.changed(node, "its upper layer is berth's own, which begins empty",
                   "copy what was changed into " + path);
  } else {
    ledger.note(node,
                "the directory stays as it is: what the container writes lies in a layer "
                "over it");
  }
}

void take_hostname(const Node& node, LxcContainer& container) {
  if (!is_hostname(node.text())) {
    return container.product.ledger.changed(
        node, "it is no host name; inside it is " + quote(container.name), "hostname");
  }
  container.draft.set("hostname", node.take());
}
void take_init(const Node& node, LxcContainer& container) {
  const auto words = split_quoted(node.text());
  if (!words || words->empty()) return container.product.ledger.senseless(node, "a command");
  node.take();
  container.draft.set("command", *words);
  const std::string& program = words->front();
  if (!program.ends_with("/init") && !program.ends_with("/systemd")) container.draft.erase("type");
}
void take_working_dir(const Node& node, LxcContainer& container) {
  container.draft.set("working_dir", node.take());
}
void take_uid(const Node& node, LxcContainer& container) { container.user = node.take(); }
void take_gid(const Node& node, LxcContainer& container) { container.group = node.take(); }

void take_halt_signal(const Node& node, LxcContainer& container) {
  container.draft.set("stop_signal", node.take());
}

void take_environment(const Node& node, LxcContainer& container) {
  const size_t equals = node.text().find('=');
  if (equals == std::string::npos) {
    return container.product.ledger.lost(node, "it came from the environment of LXC",
                                         "give it a value in environment");
  }
  const std::string text = node.take();
  container.draft.put("environment", text.substr(0, equals), text.substr(equals + 1));
}

void take_autostart(const Node& node, LxcContainer& container) {
  if (const auto flag = take_flag(node, container.product.ledger)) {
    container.draft.set("autostart", *flag);
  }
}
void take_order(const Node& node, LxcContainer& container) {
  const auto order = integer_of(node.text());
  if (!order) return container.product.ledger.senseless(node, "a number");
  node.take();
  container.draft.set("start_order", *order);
}
void take_groups(const Node& node, LxcContainer& container) {
  for (const std::string& whole : split(node.take(), ',')) {
    for (const std::string& group : split_spaces(whole)) {
      container.draft.append("groups", definition_name(group));
    }
  }
}

void take_cap_drop(const Node& node, LxcContainer& container) {
  for (const std::string& word : split_spaces(node.take())) {
    container.draft.append("security.cap_drop", capability_name_of(word));
  }
}
void take_cap_keep(const Node& node, LxcContainer& container) {
  container.draft.set("security.cap_drop", TomlList{"all"});
  for (const std::string& word : split_spaces(node.take())) {
    if (word != "none") container.draft.append("security.cap_add", capability_name_of(word));
  }
}

// The ids of LXC's map and those that berth leases are not the same.
void take_idmap(const Node& node, LxcContainer& container) {
  container.draft.set("security.userns", "auto");
  container.product.ledger.changed(
      node, "berth leases a private range of ids itself",
      "the files of the root file system must be owned as they are seen inside: chown them back");
}

// Programs of the host, before a start and after an end: one of each.
void take_hook(const Node& node, const char* key, LxcContainer& container) {
  const auto words = split_quoted(node.text());
  if (!words || words->empty()) return node.carry();
  if (container.draft.has(key)) {
    return container.product.ledger.lost(node, "one program is run, the first",
                                         "one that runs both");
  }
  node.take();
  container.draft.set(key, *words);
  container.product.ledger.changed(node, "the program gets none of LXC's variables and arguments",
                                   "see what it asks for");
}
void take_pre_start(const Node& node, LxcContainer& container) {
  take_hook(node, "hooks.pre_start", container);
}
void take_post_stop(const Node& node, LxcContainer& container) {
  take_hook(node, "hooks.post_stop", container);
}

void take_no_new_privs(const Node& node, LxcContainer& container) {
  if (const auto flag = take_flag(node, container.product.ledger)) {
    container.draft.set("security.no_new_privs", *flag);
  }
}

struct KeyRow {
  std::string_view key;
  void (*take)(const Node&, LxcContainer&);
};
constexpr std::array kKeys{
    KeyRow{"lxc.rootfs.path", take_rootfs},
    KeyRow{"lxc.rootfs", take_rootfs},
    KeyRow{"lxc.uts.name", take_hostname},
    KeyRow{"lxc.utsname", take_hostname},
    KeyRow{"lxc.init.cmd", take_init},
    KeyRow{"lxc.init_cmd", take_init},
    KeyRow{"lxc.execute.cmd", take_init},
    KeyRow{"lxc.init.cwd", take_working_dir},
    KeyRow{"lxc.init.uid", take_uid},
    KeyRow{"lxc.init.gid", take_gid},
    KeyRow{"lxc.signal.halt", take_halt_signal},
    KeyRow{"lxc.haltsignal", take_halt_signal},
    KeyRow{"lxc.environment", take_environment},
    KeyRow{"lxc.environment.runtime", take_environment},
    KeyRow{"lxc.start.auto", take_autostart},
    KeyRow{"lxc.start.order", take_order},
    KeyRow{"lxc.group", take_groups},
    KeyRow{"lxc.cap.drop", take_cap_drop},
    KeyRow{"lxc.cap.keep", take_cap_keep},
    KeyRow{"lxc.idmap", take_idmap},
    KeyRow{"lxc.id_map", take_idmap},
    KeyRow{"lxc.no_new_privs", take_no_new_privs},
    KeyRow{"lxc.hook.pre-start", take_pre_start},
    KeyRow{"lxc.hook.post-stop", take_post_stop},
};

bool take_by_prefix(const Node& node, LxcContainer& container) {
  const std::string& key = node.key();
  if (key.starts_with("lxc.prlimit.")) {
    std::string limit = node.take();
    std::erase(limit, ' ');
    container.draft.put("limits.ulimits", key.substr(12), limit);
    return true;
  }
  if (key.starts_with("lxc.sysctl.")) {
    container.draft.put("sysctls", key.substr(11), node.take());
    return true;
  }
  return false;
}

void take_entry(const Node& node, LxcContainer& container) {
  if (node.fate() != Fate::open || node.key() == "lxc.include") return;
  for (const KeyRow& row : kKeys) {
    if (row.key == node.key()) return row.take(node, container);
  }
  if (take_lxc_network(node, container) || take_lxc_cgroup(node, container) ||
      take_lxc_mount(node, container) || take_by_prefix(node, container)) {
    return;
  }
  report_lxc_loss(node, container.product.ledger);
}

// What belongs to the network is the host's where that is.
void settle_sysctls(const Node& config, LxcContainer& container) {
  if (container.draft.text_of("network") != "host") return;
  for (const Node& entry : config.children()) {
    if (!entry.key().starts_with("lxc.sysctl.net.")) continue;
    container.draft.take_out("sysctls." + entry.key().substr(11));
    container.product.ledger.lost(entry, "with the host's network it would be the host's",
                                  "sysctl.d(5) on the host");
  }
}

}  // namespace

void import_lxc(const Node& config, Product& product) {
  const std::string name = product.container_name(name_of_container(config));
  LxcContainer container{name, product.containers[name], product, {}, "", ""};
  Draft& draft = container.draft;
  draft.set("type", "system");
  draft.set("command", TomlList{"/sbin/init"});
  // What LXC does where nothing is written.
  draft.set("autostart", false);
  draft.set("restart.policy", "no");
  draft.set("security.userns", "host");
  draft.set("security.no_new_privs", false);
  for (const Node& entry : config.children()) take_entry(entry, container);
  if (!container.user.empty()) {
    draft.set("user", container.user + (container.group.empty() ? "" : ":" + container.group));
  }
  if (draft.text_of("hostname") == name) draft.erase("hostname");
  attach_lxc_networks(container);
  settle_sysctls(config, container);
}

}  // namespace berth::importing
