// [Service]: how it is run, restarted and limited by systemd.
#include <array>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void take_restart(const Node& node, QuadletContainer& container) {
  const std::string& word = node.text();
  if (word == "no" || word == "always" || word == "on-failure") {
    container.draft.set("restart.policy", node.take());
  } else if (word.starts_with("on-")) {
    container.draft.set("restart.policy", word == "on-success" ? "always" : "on-failure");
    container.ledger().changed(
        node, "the nearest policy is taken: " + container.draft.text_of("restart.policy"),
        "no, on-failure or always");
  } else {
    container.ledger().senseless(node, "a restart policy");
  }
}

template <const char* kKey>
void take_span(const Node& node, QuadletContainer& container) {
  if (node.text() == "infinity") {
    return container.ledger().lost(node, "there is no end to it, and no word for that",
                                   "a long time");
  }
  const auto span = systemd_duration_of(node.text());
  if (!span) return container.ledger().senseless(node, "a time span");
  node.take();
  container.draft.set(kKey, *span);
}
constexpr char kStopTimeout[] = "stop_timeout";
constexpr char kMaxDelay[] = "restart.max_delay";
constexpr char kDelay[] = "restart.delay";

void take_delay(const Node& node, QuadletContainer& container) {
  take_span<kDelay>(node, container);
  if (!container.draft.has(kDelay)) return;
  // systemd waits the same time again and again, unless RestartSteps= says otherwise.
  if (container.unit.line("Service", "RestartSteps") == nullptr) {
    container.draft.set("restart.factor", 1.0);
  }
  const std::string delay = container.draft.text_of(kDelay);
  if (seconds_of(delay) > 60) container.draft.set(kMaxDelay, delay);
}

void take_type(const Node& node, QuadletContainer& container) {
  const std::string& type = node.text();
  if (type == "oneshot") {
    node.take();
    become_oneshot(container.draft);
  } else {
    container.ledger().note(node, "how podman tells systemd that it runs has no meaning here");
  }
}

void take_start_timeout(const Node& node, QuadletContainer& container) {
  container.ledger().note(node, "a start has no time of its own",
                          "healthcheck.start_period, where it takes long to be healthy");
}

// A program of the host; "-", "+", "!" and ":" in front of it are for systemd.
void take_hook(const Node& node, const char* key, QuadletContainer& container) {
  std::string line = node.text();
  const size_t first = line.find_first_not_of("-+!:@");
  const bool may_fail = line.substr(0, first).find('-') != std::string::npos;
  if (first != line.npos) line.erase(0, first);
  const auto words = split_quoted(line);
  if (!words || words->empty()) return container.ledger().senseless(node, "a command");
  if (container.draft.has(key)) {
    return container.ledger().lost(node, "one program is run, the first", "one that runs both");
  }
  node.take();
  container.draft.set(key, *words);
  if (may_fail) {
    container.ledger().changed(node, "a start fails when its program does",
                               "a program that does not");
  }
}
void take_pre_start(const Node& node, QuadletContainer& container) {
  take_hook(node, "hooks.pre_start", container);
}
void take_post_stop(const Node& node, QuadletContainer& container) {
  take_hook(node, "hooks.post_stop", container);
}

template <const char* kKey>
void take_bytes(const Node& node, QuadletContainer& container) {
  if (node.text() == "infinity") return node.carry();
  take_size(node, kKey, container.draft, container.ledger());
}
constexpr char kMemory[] = "limits.memory";
constexpr char kMemoryHigh[] = "limits.memory_high";
constexpr char kMemorySwap[] = "limits.memory_swap";

template <const char* kKey>
void take_count(const Node& node, QuadletContainer& container) {
  if (node.text() == "infinity") return node.carry();
  const auto count = integer_of(node.text());
  if (!count) return container.ledger().senseless(node, "a number");
  node.take();
  container.draft.set(kKey, *count);
}
constexpr char kCpuWeight[] = "limits.cpu_weight";
constexpr char kPids[] = "limits.pids";
constexpr char kIoWeight[] = "limits.io_weight";

// "150%" is one and a half processors.
void take_quota(const Node& node, QuadletContainer& container) {
  const std::string& text = node.text();
  const auto percent =
      text.ends_with('%') ? number_of(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!percent) return container.ledger().senseless(node, "a percentage");
  node.take();
  container.draft.set("limits.cpus", *percent / 100);
}

void take_processors(const Node& node, QuadletContainer& container) {
  std::string text;
  for (const std::string& word : split_spaces(node.take()))
    text += (text.empty() ? "" : ",") + word;
  container.draft.set("limits.cpuset", text);
}

void take_memory_low(const Node& node, QuadletContainer& container) {
  const auto size = size_of(node.text());
  if (!size) return container.ledger().senseless(node, "a size");
  node.take();
  container.draft.put("limits.cgroup", node.key() == "MemoryMin" ? "memory.min" : "memory.low",
                      std::to_string(*bytes_of(*size)));
}

void take_io(const Node& node, QuadletContainer& container) {
  const std::vector<std::string> words = split_spaces(node.text());
  const bool reads = node.key().starts_with("IORead");
  const bool bytes = node.key().find("Bandwidth") != std::string::npos;
  const auto value = words.size() == 2 ? size_of(words[1]) : std::nullopt;
  if (!value) return container.ledger().senseless(node, "a device and a limit");
  node.take();
  const std::string name = std::string(reads ? "read" : "write") + (bytes ? "_bps" : "_iops");
  Toml limit(*value);
  if (!bytes) limit = Toml(static_cast<std::int64_t>(*bytes_of(*value)));
  if (!container.draft.has("limits.io")) container.draft.set("limits.io", TomlList());
  for (Toml& item : container.draft.items("limits.io")) {
    auto& device = *item.get<TomlTable>();
    if (device.front().second != Toml(words[0])) continue;
    device.emplace_back(name, std::move(limit));
    return;
  }
  container.draft.append("limits.io", TomlTable{{"device", words[0]}, {name, std::move(limit)}});
}

struct KeyRow {
  std::string_view key;
  void (*take)(const Node&, QuadletContainer&);
};
constexpr std::array kKeys{
    KeyRow{"Restart", take_restart},
    KeyRow{"RestartSec", take_delay},
    KeyRow{"RestartMaxDelaySec", take_span<kMaxDelay>},
    KeyRow{"TimeoutStopSec", take_span<kStopTimeout>},
    KeyRow{"TimeoutStartSec", take_start_timeout},
    KeyRow{"Type", take_type},
    KeyRow{"ExecStartPre", take_pre_start},
    KeyRow{"ExecStopPost", take_post_stop},
    KeyRow{"MemoryMax", take_bytes<kMemory>},
    KeyRow{"MemoryLimit", take_bytes<kMemory>},
    KeyRow{"MemoryHigh", take_bytes<kMemoryHigh>},
    KeyRow{"MemorySwapMax", take_bytes<kMemorySwap>},
    KeyRow{"MemoryLow", take_memory_low},
    KeyRow{"MemoryMin", take_memory_low},
    KeyRow{"CPUQuota", take_quota},
    KeyRow{"CPUWeight", take_count<kCpuWeight>},
    KeyRow{"AllowedCPUs", take_processors},
    KeyRow{"TasksMax", take_count<kPids>},
    KeyRow{"IOWeight", take_count<kIoWeight>},
    KeyRow{"IOReadBandwidthMax", take_io},
    KeyRow{"IOWriteBandwidthMax", take_io},
    KeyRow{"IOReadIOPSMax", take_io},
    KeyRow{"IOWriteIOPSMax", take_io},
};

}  // namespace

bool take_service_key(const Node& node, QuadletContainer& container) {
  if (node.key() == "StartLimitBurst" || node.key() == "StartLimitInterval") {
    return take_unit_key(node, container);
  }
  for (const KeyRow& row : kKeys) {
    if (row.key != node.key()) continue;
    row.take(node, container);
    return true;
  }
  return false;
}

}  // namespace berth::importing
