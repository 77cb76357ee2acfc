#include "supervisor/definition/unknown_key.h"

#include <algorithm>
#include <array>

#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

// How other tools call it: no slip of the finger, so no edit distance finds it.
struct Synonym {
  std::string_view theirs;
  std::string_view ours;
};
constexpr std::array kSynonyms{
    Synonym{"args", "command"},
    Synonym{"cap_add", "security.cap_add"},
    Synonym{"cap_drop", "security.cap_drop"},
    Synonym{"cmd", "command"},
    Synonym{"container_name", "the name of the file"},
    Synonym{"OnCalendar", "schedule"},
    Synonym{"cron", "schedule"},
    Synonym{"on_calendar", "schedule"},
    Synonym{"timer", "schedule"},
    Synonym{"timeZone", "the last word of a time: schedule = \"daily Europe/Berlin\""},
    Synonym{"time_zone", "the last word of a time: schedule = \"daily Europe/Berlin\""},
    Synonym{"timezone", "the last word of a time: schedule = \"daily Europe/Berlin\""},
    Synonym{"maintenance_window", "update.window"},
    Synonym{"cpu_quota", "limits.cpus"},
    Synonym{"cpu_shares", "limits.cpu_weight"},
    Synonym{"cpus", "limits.cpus"},
    Synonym{"cpuset", "limits.cpuset"},
    Synonym{"env", "environment"},
    Synonym{"exec", "command"},
    Synonym{"mem_limit", "limits.memory"},
    Synonym{"mem_reservation", "limits.memory_high"},
    Synonym{"name", "the name of the file"},
    Synonym{"network_mode", "network"},
    Synonym{"pids_limit", "limits.pids"},
    Synonym{"publish", "ports"},
    Synonym{"restart_policy", "restart.policy"},
    Synonym{"resources", "limits"},
    Synonym{"root", "rootfs"},
    Synonym{"stop_grace_period", "stop_timeout"},
    Synonym{"test", "healthcheck.exec"},
    Synonym{"tmpfs", "mounts"},
    Synonym{"ulimits", "limits.ulimits"},
    Synonym{"volume", "mounts"},
    Synonym{"volumes", "mounts"},
    Synonym{"working_directory", "working_dir"},
    Synonym{"workdir", "working_dir"},
    Synonym{"dst", "target"},
    Synonym{"destination", "target"},
    Synonym{"src", "source"},
    Synonym{"ro", "read_only"},
    Synonym{"readonly", "read_only"},
};

// What a whole file of another tool begins with.
struct Foreign {
  std::string_view key;
  std::string_view remedy;
};
constexpr std::string_view kCompose = "this is a compose file: berth import compose FILE";
constexpr std::string_view kQuadlet = "this is a Quadlet or a unit: berth import quadlet FILE";
constexpr std::string_view kKubernetes = "this is a Kubernetes file: berth import kubernetes FILE";
constexpr std::array kForeign{
    Foreign{"services", kCompose},
    Foreign{"Container", kQuadlet},
    Foreign{"Unit", kQuadlet},
    Foreign{"Service", kQuadlet},
    Foreign{"Install", kQuadlet},
    Foreign{"apiVersion", kKubernetes},
    Foreign{"kind", kKubernetes},
    Foreign{"metadata", kKubernetes},
    Foreign{"spec", kKubernetes},
    Foreign{"lxc", "this is a container of LXC: berth import lxc FILE"},
    // Words of compose that need more than another name.
    Foreign{"deploy", "its limits are the keys of [limits]; there is one instance of a container"},
    Foreign{"expose", "leave it out: containers of one network reach all ports of each other"},
    Foreign{"privileged", "name what it needs: security.cap_add, devices, security.seccomp"},
    Foreign{"init", "leave it out: what a container leaves behind is ended with it"},
    Foreign{"tty", "leave it out: a container has no terminal"},
    Foreign{"stdin_open", "leave it out: standard input is /dev/null"},
    Foreign{"build", "build the root file system by other means, and name it in rootfs"},
    Foreign{"links", "leave it out: containers of one network find each other by name"},
};

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') == name.npos ? 0 : name.rfind('.') + 1);
}

// The keys and sections that may stand in this section.
std::vector<std::string_view> known_in(std::string_view section,
                                       const std::vector<std::string_view>& names) {
  std::vector<std::string_view> known;
  for (std::string_view name : names) {
    if (!name.starts_with(section)) continue;
    name.remove_prefix(section.size());
    name = name.substr(0, name.find('.'));
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
  }
  return known;
}

bool is_known(std::string_view ours, const std::vector<std::string_view>& names) {
  return ours.find(' ') != ours.npos || std::ranges::any_of(names, [&](std::string_view name) {
           return name == ours || name.starts_with(std::string(ours) + ".");
         });
}

std::string did_you_mean(std::string_view section, std::string_view name) {
  return "did you mean " + std::string(section) + std::string(name) + "?";
}

}  // namespace

std::string remedy_for_unknown_key(std::string_view key, std::string_view section,
                                   const std::vector<std::string_view>& names, bool is_list_item) {
  if (std::ranges::find(names, key) != names.end() && key.find('.') != key.npos) {
    return "write it as a table, without quotes around the whole name";
  }
  const auto foreign = std::ranges::find(kForeign, key, &Foreign::key);
  if (section.empty() && !is_list_item && foreign != kForeign.end()) {
    return std::string(foreign->remedy);
  }
  const std::vector<std::string_view> known = known_in(section, names);
  const auto synonym = std::ranges::find(kSynonyms, key, &Synonym::theirs);
  if (synonym != kSynonyms.end() && is_known(synonym->ours, names)) {
    const bool is_sentence = synonym->ours.find(' ') != std::string_view::npos;
    return is_sentence ? "it is " + std::string(synonym->ours) : did_you_mean("", synonym->ours);
  }
  const std::string_view near = nearest(key, known);
  if (!near.empty()) return did_you_mean(section, near);
  // The right word outside of its table.
  for (const std::string_view name : names) {
    if (section.empty() && last_part(name) == key) return did_you_mean("", name);
  }
  if (section.empty() && !is_list_item && known.size() > 12) return "";
  return "known here: " + [&] {
    std::string list;
    for (const std::string_view name : known)
      list += (list.empty() ? "" : ", ") + std::string(name);
    return list;
  }();
}

}  // namespace berth::definition
