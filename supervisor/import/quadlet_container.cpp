// [Container]: what it runs, as whom, and what it may do.
#include <array>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

using Take = void (*)(const Node&, QuadletContainer&);

template <const char* kKey>
void take_text(const Node& node, QuadletContainer& container) {
  container.draft.set(kKey, node.take());
}
constexpr char kHostname[] = "hostname";
constexpr char kWorkingDir[] = "working_dir";
constexpr char kStopSignal[] = "stop_signal";

template <const char* kKey>
void take_program(const Node& node, QuadletContainer& container) {
  const auto words = split_quoted(node.text());
  if (!words) return container.ledger().senseless(node, "a command: a quote is not closed");
  node.take();
  container.draft.set(kKey, *words);
}
constexpr char kEntrypoint[] = "entrypoint";
constexpr char kCommand[] = "command";

template <const char* kKey>
void take_yes(const Node& node, QuadletContainer& container) {
  if (const auto flag = take_flag(node, container.ledger())) container.draft.set(kKey, *flag);
}
constexpr char kReadOnly[] = "read_only";
constexpr char kNoNewPrivileges[] = "security.no_new_privs";

template <const char* kKey>
void take_bytes(const Node& node, QuadletContainer& container) {
  take_size(node, kKey, container.draft, container.ledger());
}
constexpr char kMemory[] = "limits.memory";

// "NAME=value" words, of which a line has several.
template <const char* kKey>
void take_assignments(const Node& node, QuadletContainer& container) {
  const auto words = split_quoted(node.text());
  if (!words) return container.ledger().senseless(node, "NAME=value");
  node.take();
  for (const std::string& word : *words) {
    const size_t equals = word.find('=');
    if (equals == word.npos) {
      container.ledger().lost(node, quote(word) + " has no value here", "give it one");
      continue;
    }
    container.draft.put(kKey, word.substr(0, equals), word.substr(equals + 1));
  }
}
constexpr char kEnvironment[] = "environment";
constexpr char kLabels[] = "labels";
constexpr char kSysctls[] = "sysctls";

template <const char* kKey>
void take_capabilities(const Node& node, QuadletContainer& container) {
  for (const std::string& word : split_spaces(node.take())) {
    container.draft.append(kKey, capability_name_of(word));
  }
}
constexpr char kCapAdd[] = "security.cap_add";
constexpr char kCapDrop[] = "security.cap_drop";

void take_image(const Node& node, QuadletContainer& container) {
  const std::string& image = node.text();
  if (image.ends_with(".image")) {
    const QuadletUnit* const unit = container.set.find(image);
    if (unit == nullptr) return container.ledger().lost(node, "there is no " + image, "add it");
    node.take();
    container.draft.set("image", unit->take("Image", "Image"));
  } else if (image.ends_with(".build")) {
    const QuadletUnit* const unit = container.set.find(image);
    std::string name = unit == nullptr ? "" : unit->take("Build", "ImageTag");
    if (name.empty()) name = "localhost/" + image.substr(0, image.size() - 6) + ":latest";
    container.draft.set("image", name);
    container.draft.comment("image", "it was built from the sources: build it, and name it so");
    container.ledger().lost(node, "berth builds no images",
                            "build " + name + " beforehand, with podman build or buildah");
  } else {
    container.draft.set("image", node.take());
  }
}

void take_rootfs(const Node& node, QuadletContainer& container) {
  const std::string text = node.take();
  const std::string path = text.substr(0, text.find(':'));
  const std::string option = path.size() == text.size() ? "O" : text.substr(path.size() + 1);
  if (option != "O") {
    container.ledger().lost(node, "the option " + quote(option) + " has no counterpart",
                            "it is the lower layer of an overlay anyway");
  }
  container.draft.set("rootfs", absolute_path(path, container.product.settings.base));
}

// The unit's name is what others call it by; ContainerName is what the network knows it by.
void take_container_name(const Node& node, QuadletContainer&) { node.take(); }

void take_user(const Node& node, QuadletContainer& container) {
  const std::string user = node.take();
  const std::string group = container.unit.take("Container", "Group");
  const bool both = user.find(':') == user.npos && !group.empty();
  container.draft.set("user", both ? user + ":" + group : user);
}

void take_stop_timeout(const Node& node, QuadletContainer& container) {
  const auto seconds = number_of(node.text());
  if (!seconds) return container.ledger().senseless(node, "a number of seconds");
  node.take();
  container.draft.set("stop_timeout", seconds_text(*seconds));
}

void take_environment_file(const Node& node, QuadletContainer& container) {
  std::string path = node.take();
  if (path.starts_with('-')) {
    path.erase(0, 1);
    container.ledger().changed(node, "a missing file is an error", "make an empty one");
  }
  container.draft.append("env_file", absolute_path(path, container.product.settings.base));
}

void take_timezone(const Node& node, QuadletContainer& container) {
  if (node.text() == "local") {
    return container.ledger().lost(node, "the host's time zone is not taken over",
                                   "environment = { TZ = \"…\" }, or mount /etc/localtime");
  }
  container.draft.put("environment", "TZ", node.take());
  container.ledger().changed(node, "it is told in TZ alone, without /etc/localtime",
                             "mount /usr/share/zoneinfo/… over /etc/localtime");
}

void take_device(const Node& node, QuadletContainer& container) {
  if (node.text().starts_with('-')) {
    return container.ledger().lost(node, "a missing device is an error", "devices, where it is");
  }
  take_device_path(node, container.draft, container.ledger());
}

void take_ulimit(const Node& node, QuadletContainer& container) {
  for (const std::string& word : split_spaces(node.take())) {
    const size_t equals = word.find('=');
    if (word == "host" || equals == word.npos) {
      container.ledger().lost(node, "limits are not those of the host", "limits.ulimits");
      continue;
    }
    const std::string limit = word.substr(equals + 1);
    const auto number = integer_of(limit);
    container.draft.put("limits.ulimits", word.substr(0, equals),
                        limit == "-1" ? Toml("unlimited")
                        : number      ? Toml(*number)
                                      : Toml(limit));
  }
}

void take_pids(const Node& node, QuadletContainer& container) {
  const auto count = integer_of(node.text());
  if (!count) return container.ledger().senseless(node, "a number");
  node.take();
  if (*count > 0) container.draft.set("limits.pids", *count);
}

void take_seccomp(const Node& node, QuadletContainer& container) {
  const std::string path = node.take();
  const bool unconfined = path == "unconfined";
  container.draft.set("security.seccomp",
                      unconfined ? path : absolute_path(path, container.product.settings.base));
}

void take_userns(const Node& node, QuadletContainer& container) {
  const std::string& mode = node.text();
  if (mode == "host" || mode == "auto") {
    container.draft.set("security.userns", node.take());
  } else {
    container.ledger().lost(node, "the user namespace " + quote(mode) + " has no counterpart",
                            "security.userns: auto or host");
  }
}

void take_pull(const Node& node, QuadletContainer& container) {
  const std::string& word = node.text();
  if (word == "always" || word == "missing" || word == "never") {
    container.draft.set("pull", node.take());
  } else {
    container.ledger().lost(node, quote(word) + " has no counterpart", "missing, always or never");
  }
}

// Flags of podman itself; those that have a key are carried over.
void take_podman_args(const Node& node, QuadletContainer& container) {
  std::string text = node.take();
  const auto words = split_quoted(text).value_or(std::vector<std::string>{text});
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string flag = words[i].substr(0, equals);
    const bool takes_next = equals == words[i].npos && i + 1 < words.size();
    const std::string value = equals != words[i].npos ? words[i].substr(equals + 1)
                              : takes_next            ? words[i + 1]
                                                      : "";
    if (flag == "--privileged") {
      be_privileged(node, container.draft, container.ledger());
      continue;
    }
    if (flag == "--cpus" && number_of(value)) {
      container.draft.set("limits.cpus", *number_of(value));
    } else if ((flag == "--memory" || flag == "-m") && size_of(value)) {
      container.draft.set("limits.memory", *size_of(value));
    } else if (flag == "--cpuset-cpus") {
      container.draft.set("limits.cpuset", value);
    } else if (flag == "--cpu-shares" && integer_of(value)) {
      container.draft.set("limits.cpu_weight", weight_of_shares(*integer_of(value)));
    } else {
      container.ledger().lost(node, "the argument " + quote(flag) + " is not understood",
                              "berth explain, for a key that does it");
      if (takes_next && words[i + 1].starts_with('-')) continue;
    }
    if (takes_next) ++i;
  }
}

struct KeyRow {
  std::string_view key;
  Take take;
};
constexpr std::array kKeys{
    KeyRow{"Image", take_image},
    KeyRow{"Rootfs", take_rootfs},
    KeyRow{"ContainerName", take_container_name},
    KeyRow{"Entrypoint", take_program<kEntrypoint>},
    KeyRow{"Exec", take_program<kCommand>},
    KeyRow{"HostName", take_text<kHostname>},
    KeyRow{"User", take_user},
    KeyRow{"WorkingDir", take_text<kWorkingDir>},
    KeyRow{"StopSignal", take_text<kStopSignal>},
    KeyRow{"StopTimeout", take_stop_timeout},
    KeyRow{"Environment", take_assignments<kEnvironment>},
    KeyRow{"EnvironmentFile", take_environment_file},
    KeyRow{"Timezone", take_timezone},
    KeyRow{"Label", take_assignments<kLabels>},
    KeyRow{"Sysctl", take_assignments<kSysctls>},
    KeyRow{"AddCapability", take_capabilities<kCapAdd>},
    KeyRow{"DropCapability", take_capabilities<kCapDrop>},
    KeyRow{"AddDevice", take_device},
    KeyRow{"NoNewPrivileges", take_yes<kNoNewPrivileges>},
    KeyRow{"ReadOnly", take_yes<kReadOnly>},
    KeyRow{"SeccompProfile", take_seccomp},
    KeyRow{"UserNS", take_userns},
    KeyRow{"Memory", take_bytes<kMemory>},
    KeyRow{"PidsLimit", take_pids},
    KeyRow{"Ulimit", take_ulimit},
    KeyRow{"Pull", take_pull},
    KeyRow{"PodmanArgs", take_podman_args},
};

}  // namespace

bool take_container_key(const Node& node, QuadletContainer& container) {
  for (const KeyRow& row : kKeys) {
    if (row.key != node.key()) continue;
    row.take(node, container);
    return true;
  }
  return false;
}

}  // namespace berth::importing
