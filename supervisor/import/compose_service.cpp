// The keys of a service that have a counterpart, a row for each.
#include <array>
#include <cstdint>

#include "supervisor/import/compose.h"
#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct KeyRow {
  std::string_view key;
  ComposeKey take;
};

template <const char* kKey>
void take_text(const Node& node, ComposeService& service) {
  if (!node.is_scalar()) return service.ledger().senseless(node, "a text");
  service.draft.set(kKey, node.take());
}
constexpr char kImage[] = "image";
constexpr char kHostname[] = "hostname";
constexpr char kWorkingDir[] = "working_dir";
constexpr char kCpuset[] = "limits.cpuset";

template <const char* kKey>
void take_program(const Node& node, ComposeService& service) {
  if (node.is_null()) return node.carry();
  if (const auto words = take_command(node, service.ledger())) service.draft.set(kKey, *words);
}
constexpr char kEntrypoint[] = "entrypoint";
constexpr char kCommand[] = "command";

void take_container_name(const Node& node, ComposeService& service) {
  const std::string name = definition_name(node.text());
  if (name == service.name) {
    node.take();
  } else if (is_hostname(node.text())) {
    service.ledger().note(node, "the container is called " + quote(service.name) +
                                    ", as its service; the other name is an alias");
    service.project.aliases[service.name].push_back(node.take());
  } else {
    service.ledger().lost(node,
                          "the container is called " + quote(service.name) + ", as its service",
                          "rename the file, and what depends on it");
  }
}

void take_user(const Node& node, ComposeService& service) {
  const std::string& user = node.text();
  if (user.empty() || user.starts_with(':') || user.ends_with(':')) {
    return service.ledger().senseless(node, "a user");
  }
  service.draft.set("user", node.take());
}

void take_environment(const Node& node, ComposeService& service) {
  for (const Pair& pair : take_pairs(node, service.ledger())) {
    if (pair.value) {
      service.draft.put("environment", pair.name, *pair.value);
    } else {
      service.ledger().lost(*pair.node, pair.name + " came from the environment of compose",
                            "give it a value in environment, or in an env_file");
    }
  }
}

void take_env_file(const Node& node, ComposeService& service) {
  const auto add = [&](const Node& path) {
    service.draft.append("env_file", absolute_path(path.take(), service.product.settings.base));
  };
  if (node.is_scalar()) add(node);
  for (const Node& item : node.children()) {
    if (item.is_scalar()) add(item);
    const Node* const path = item.find("path");
    if (path != nullptr) add(*path);
    const Node* const required = item.find("required");
    if (required == nullptr) continue;
    if (boolean_of(required->text()) == true) {
      required->take();
    } else {
      service.ledger().lost(*required, "a missing env_file is an error", "make an empty file");
    }
  }
}

void take_labels(const Node& node, ComposeService& service) {
  for (const Pair& pair : take_pairs(node, service.ledger())) {
    service.draft.put("labels", pair.name, pair.value.value_or(""));
  }
}

void take_sysctls(const Node& node, ComposeService& service) {
  for (const Pair& pair : take_pairs(node, service.ledger())) {
    service.draft.put("sysctls", pair.name, pair.value.value_or(""));
  }
}

void take_depends_on(const Node& node, ComposeService& service) {
  const auto add = [&](const Node& at, const std::string& other, const std::string& condition,
                       bool restart) {
    const auto found = service.project.containers.find(other);
    if (found == service.project.containers.end()) {
      return service.ledger().lost(at, "there is no service " + quote(other), "name one");
    }
    service.project.dependencies.push_back({service.name, found->second, &at, condition, restart});
  };
  if (node.is_list()) {
    for (const Node& item : node.children()) add(item, item.take(), "started", false);
    return;
  }
  for (const Node& item : node.children()) {
    std::string condition = "started";
    bool restart = false;
    if (item.is_leaf()) item.carry();
    if (const Node* const wanted = item.find("condition")) {
      const std::string& word = wanted->text();
      if (word == "service_healthy") condition = "healthy";
      if (word == "service_completed_successfully") condition = "completed";
      if (condition != "started" || word == "service_started") {
        wanted->take();
      } else {
        service.ledger().senseless(*wanted, "a condition");
      }
    }
    if (const Node* const with = item.find("restart")) {
      restart = take_flag(*with, service.ledger()).value_or(false);
    }
    if (const Node* const required = item.find("required")) {
      if (take_flag(*required, service.ledger()) == false) {
        service.ledger().lost(*required, "a dependency is always required",
                              "take it out where the other is not run");
      }
    }
    const Node* const at = item.find("condition");
    add(at != nullptr ? *at : item, item.key(), condition, restart);
  }
}

void take_links(const Node& node, ComposeService& service) {
  for (const Node& item : node.children()) {
    const std::vector<std::string> parts = split(item.text(), ':');
    const auto found = service.project.containers.find(parts[0]);
    if (found == service.project.containers.end()) {
      service.ledger().lost(item, "there is no service " + quote(parts[0]), "name one");
      continue;
    }
    item.take();
    service.project.dependencies.push_back({service.name, found->second, &item, "started", false});
    if (parts.size() < 2 || parts[1] == parts[0]) continue;
    if (!is_hostname(parts[1])) {
      service.ledger().lost(item, quote(parts[1]) + " cannot be an alias: it is no host name",
                            "letters, digits and \"-\"");
      continue;
    }
    service.ledger().changed(item, "the alias is known to all containers of its networks",
                             "each network's containers share its names");
    service.project.aliases[found->second].push_back(parts[1]);
  }
}

void take_profiles(const Node& node, ComposeService& service) {
  for (const std::string& profile : take_words(node, service.ledger())) {
    service.draft.append("groups", definition_name(profile));
  }
  service.draft.set("autostart", false);
  service.draft.comment("autostart", "it has a profile: berth start --group starts it");
}

void take_stop_signal(const Node& node, ComposeService& service) {
  service.draft.set("stop_signal", node.take());
}
void take_stop_timeout(const Node& node, ComposeService& service) {
  take_duration(node, "stop_timeout", service.draft, service.ledger());
}

void take_read_only(const Node& node, ComposeService& service) {
  if (const auto flag = take_flag(node, service.ledger())) service.draft.set("read_only", *flag);
}

void take_capabilities(const Node& node, const std::string& key, ComposeService& service) {
  for (const std::string& word : take_words(node, service.ledger())) {
    service.draft.append(key, capability_name_of(word));
  }
}
void take_cap_add(const Node& node, ComposeService& service) {
  take_capabilities(node, "security.cap_add", service);
}
void take_cap_drop(const Node& node, ComposeService& service) {
  take_capabilities(node, "security.cap_drop", service);
}

void take_privileged(const Node& node, ComposeService& service) {
  if (take_flag(node, service.ledger()) != true) return;
  be_privileged(node, service.draft, service.ledger());
}

void take_security_opt(const Node& node, ComposeService& service) {
  for (const Node& item : node.children()) {
    take_security_option(item, service.draft, service.product);
  }
}

void take_userns(const Node& node, ComposeService& service) {
  if (node.text() != "host") {
    return service.ledger().lost(node, "only \"host\" has a counterpart", "security.userns");
  }
  service.draft.set("security.userns", node.take());
}

void take_devices(const Node& node, ComposeService& service) {
  for (const Node& item : node.children()) {
    if (item.is_table()) {
      const std::string source = item.peek("source");
      const Node* const target = item.find("target");
      if (const Node* const from = item.find("source")) take_device(*from, service);
      if (target != nullptr && target->text() == source) target->take();
      continue;
    }
    take_device(item, service);
  }
}

void take_pull_policy(const Node& node, ComposeService& service) {
  const std::string& word = node.text();
  if (word == "always" || word == "never") {
    service.draft.set("pull", node.take());
  } else if (word == "missing" || word == "if_not_present") {
    node.take();
    service.draft.set("pull", "missing");
  } else {
    service.ledger().lost(node, quote(word) + " has no counterpart", "missing, always or never");
  }
}

void take_build(const Node& node, ComposeService& service) {
  const Node* const image = service.node.find("image");
  const std::string name =
      image != nullptr ? image->text() : "localhost/" + service.name + ":latest";
  if (image == nullptr) {
    service.draft.set("image", name);
    service.draft.comment("image", "it was built from the sources: build it, and name it so");
  }
  service.ledger().lost(node, "berth builds no images",
                        "build " + name + " beforehand, with podman build or buildah");
}

void take_logging(const Node& node, ComposeService& service) {
  const Node* const driver = node.find("driver");
  if (driver != nullptr) take_log_driver(*driver, service.draft, service.ledger());
  const Node* const options = node.find("options");
  if (options == nullptr) return;
  for (const Node& option : options->children()) {
    if (option.key() == "max-size") {
      take_size(option, "logging.max_size", service.draft, service.ledger());
    } else if (option.key() == "max-file") {
      const auto count = integer_of(option.text());
      if (!count) {
        service.ledger().senseless(option, "a number");
        continue;
      }
      option.take();
      service.draft.set("logging.max_files", *count);
    }
  }
}

void take_shm_size(const Node& node, ComposeService& service) {
  const auto size = size_of(node.text());
  if (!size) return service.ledger().senseless(node, "a size");
  node.take();
  add_mount(service.draft, "tmpfs", "", "/dev/shm", false, *size);
}

void take_expose(const Node& node, ComposeService& service) {
  service.ledger().note(node, "containers of one network reach each other's ports anyway");
}

constexpr std::array kKeys{
    KeyRow{"image", take_text<kImage>},
    KeyRow{"build", take_build},
    KeyRow{"pull_policy", take_pull_policy},
    KeyRow{"entrypoint", take_program<kEntrypoint>},
    KeyRow{"command", take_program<kCommand>},
    KeyRow{"container_name", take_container_name},
    KeyRow{"hostname", take_text<kHostname>},
    KeyRow{"user", take_user},
    KeyRow{"working_dir", take_text<kWorkingDir>},
    KeyRow{"environment", take_environment},
    KeyRow{"env_file", take_env_file},
    KeyRow{"labels", take_labels},
    KeyRow{"sysctls", take_sysctls},
    KeyRow{"depends_on", take_depends_on},
    KeyRow{"links", take_links},
    KeyRow{"profiles", take_profiles},
    KeyRow{"restart", take_restart},
    KeyRow{"healthcheck", take_healthcheck},
    KeyRow{"stop_signal", take_stop_signal},
    KeyRow{"stop_grace_period", take_stop_timeout},
    KeyRow{"read_only", take_read_only},
    KeyRow{"volumes", take_volumes},
    KeyRow{"tmpfs", take_tmpfs},
    KeyRow{"shm_size", take_shm_size},
    KeyRow{"secrets", take_secrets},
    KeyRow{"configs", take_configs},
    KeyRow{"ports", take_ports},
    KeyRow{"expose", take_expose},
    KeyRow{"networks", take_networks},
    KeyRow{"network_mode", take_network_mode},
    KeyRow{"cap_add", take_cap_add},
    KeyRow{"cap_drop", take_cap_drop},
    KeyRow{"privileged", take_privileged},
    KeyRow{"security_opt", take_security_opt},
    KeyRow{"userns_mode", take_userns},
    KeyRow{"devices", take_devices},
    KeyRow{"logging", take_logging},
    KeyRow{"deploy", take_deploy},
    KeyRow{"scale", take_replicas},
    KeyRow{"ulimits", take_ulimits},
    KeyRow{"blkio_config", take_blkio},
    KeyRow{"mem_limit", take_memory},
    KeyRow{"memswap_limit", take_memswap},
    KeyRow{"mem_reservation", take_memory_reservation},
    KeyRow{"cpus", take_cpus},
    KeyRow{"cpu_shares", take_cpu_shares},
    KeyRow{"cpu_quota", take_cpu_quota},
    KeyRow{"cpuset", take_text<kCpuset>},
    KeyRow{"pids_limit", take_pids},
};

bool take_key(const Node& member, ComposeService& service) {
  for (const KeyRow& row : kKeys) {
    if (row.key != member.key()) continue;
    if (member.is_null()) {
      member.carry();
    } else {
      row.take(member, service);
    }
    return true;
  }
  return false;
}

}  // namespace

void import_compose_service(ComposeService& service) {
  service.draft.set("restart.policy", "no");
  for (const Node& member : service.node.children()) {
    if (take_key(member, service)) continue;
    if (member.key().starts_with("x-")) {
      service.ledger().note(member, "an extension field means nothing by itself");
    } else {
      report_compose_loss(member, service.ledger());
    }
  }
}

}  // namespace berth::importing
