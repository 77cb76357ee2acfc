#include "supervisor/import/security.h"

#include <algorithm>
#include <array>

#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

std::string capability_name_of(std::string_view text) {
  std::string name = lower(text);
  if (name.starts_with("cap_")) name.erase(0, 4);
  return name;
}

void be_privileged(const Node& node, Draft& draft, Ledger& ledger) {
  draft.erase("security.cap_drop");
  draft.set("security.cap_add", TomlList{"all"});
  draft.set("security.seccomp", "unconfined");
  draft.set("security.no_new_privs", false);
  draft.comment("security.cap_add", "it was privileged: give it what it needs instead");
  ledger.changed(node,
                 "it has all capabilities, but not all devices of the host, and /sys and "
                 "/proc stay as they are",
                 "name its devices in devices, and the capabilities that it needs in "
                 "security.cap_add");
}

void take_security_option(const Node& node, Draft& draft, Product& product) {
  const std::string& option = node.text();
  const size_t separator = option.find_first_of(":=");
  const std::string name = option.substr(0, separator);
  const std::string value = separator == option.npos ? "" : option.substr(separator + 1);
  const auto flag = value.empty() ? true : boolean_of(value);
  if (name == "no-new-privileges" && flag) {
    node.take();
    draft.set("security.no_new_privs", *flag);
  } else if (name == "seccomp") {
    node.take();
    draft.set("security.seccomp",
              value == "unconfined" ? value : absolute_path(value, product.settings.base));
  } else {
    product.ledger.lost(node, "there are no labels of a security module", "leave it out");
  }
}

void take_log_driver(const Node& node, Draft& draft, Ledger& ledger) {
  constexpr std::array<std::string_view, 3> kFiles{"json-file", "local", "k8s-file"};
  const std::string& driver = node.text();
  if (std::ranges::find(kFiles, driver) != kFiles.end()) {
    node.take();
    draft.set("logging.driver", "file");
  } else if (driver == "journald" || driver == "none") {
    draft.set("logging.driver", node.take());
  } else {
    ledger.lost(node, "output is not sent to " + quote(driver), "file, journald or none");
  }
}

void take_device_path(const Node& node, Draft& draft, Ledger& ledger) {
  constexpr std::array<std::string_view, 5> kDirectories{"/dev/dri", "/dev/snd", "/dev/input",
                                                         "/dev/bus/usb", "/dev/dvb"};
  const std::vector<std::string> parts = split(node.text(), ':');
  if (!parts[0].starts_with("/dev/")) {
    return ledger.lost(node, quote(parts[0]) + " is no device of the host", "a path below /dev");
  }
  if (std::ranges::find(kDirectories, parts[0]) != kDirectories.end()) {
    return ledger.lost(node, parts[0] + " is a directory: devices are named one by one",
                       "devices = [\"" + parts[0] + "/…\"]");
  }
  node.take();
  // What is said twice, or is the case anyway, is left out.
  std::string device = parts[0];
  if (parts.size() > 1 && parts[1] != parts[0]) device += ":" + parts[1];
  if (parts.size() > 2 && parts[2] != "rwm") {
    device += (parts[1] == parts[0] ? ":" + parts[1] : "") + ":" + parts[2];
  }
  draft.append("devices", device);
}

bool may_trace(const Draft& draft) {
  const Toml* const added = draft.find("security.cap_add");
  if (added == nullptr) return false;
  const auto& names = *added->get<TomlList>();
  return std::ranges::any_of(
      names, [](const Toml& name) { return name == Toml("all") || name == Toml("sys_ptrace"); });
}

void drop_healthcheck(Draft& draft) {
  for (const char* key : {"exec", "http", "tcp", "notify", "interval", "timeout", "retries",
                          "start_period", "on_failure"}) {
    draft.erase(std::string("healthcheck.") + key);
  }
}

void take_health_command(const Node& node, Draft& draft, Ledger& ledger) {
  constexpr const char* kKey = "healthcheck.exec";
  if (node.is_scalar()) {
    draft.set(kKey, std::vector<std::string>{"/bin/sh", "-c", node.take()});
    return;
  }
  std::vector<std::string> words = take_words(node, ledger);
  if (words.empty() || words[0] == "NONE") return;
  const std::string form = words[0];
  if (form == "CMD" || form == "CMD-SHELL") words.erase(words.begin());
  if (words.empty()) return ledger.senseless(node, "a command");
  if (form == "CMD-SHELL") words = {"/bin/sh", "-c", words[0]};
  draft.set(kKey, words);
}

}  // namespace berth::importing
