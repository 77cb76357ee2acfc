// lxc.cgroup2.* and lxc.cgroup.*: limits that have a name, and the raw files of the others.
#include <array>
#include <cmath>

#include "supervisor/import/lxc.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

enum class Form { size, number, text, quota, shares };

struct LimitRow {
  std::string_view file;
  const char* key;
  Form form;
};
constexpr std::array kLimits{
    LimitRow{"memory.max", "limits.memory", Form::size},
    LimitRow{"memory.limit_in_bytes", "limits.memory", Form::size},
    LimitRow{"memory.high", "limits.memory_high", Form::size},
    LimitRow{"memory.soft_limit_in_bytes", "limits.memory_high", Form::size},
    LimitRow{"memory.swap.max", "limits.memory_swap", Form::size},
    LimitRow{"cpu.max", "limits.cpus", Form::quota},
    LimitRow{"cpu.weight", "limits.cpu_weight", Form::number},
    LimitRow{"cpu.shares", "limits.cpu_weight", Form::shares},
    LimitRow{"cpuset.cpus", "limits.cpuset", Form::text},
    LimitRow{"pids.max", "limits.pids", Form::number},
    LimitRow{"io.weight", "limits.io_weight", Form::number},
    LimitRow{"blkio.weight", "limits.io_weight", Form::number},
};

// "50000 100000", as cpu.max has it.
std::optional<double> processors_of(const std::string& text) {
  const std::vector<std::string> words = split_spaces(text);
  if (words.empty() || words.size() > 2) return std::nullopt;
  const auto quota = number_of(words[0]);
  const auto period = words.size() == 2 ? number_of(words[1]) : 100000.0;
  if (!quota || !period || *period <= 0) return std::nullopt;
  return std::round(*quota / *period * 1000) / 1000;
}

std::optional<Toml> value_of(Form form, const std::string& text) {
  if (form == Form::text) return Toml(text);
  if (form == Form::size) {
    const auto size = size_of(text);
    return size ? std::optional<Toml>(*size) : std::nullopt;
  }
  if (form == Form::quota) {
    const auto count = processors_of(text);
    return count ? std::optional<Toml>(*count) : std::nullopt;
  }
  const auto number = integer_of(text);
  if (!number) return std::nullopt;
  return Toml(form == Form::shares ? weight_of_shares(*number) : *number);
}

void take_limit(const Node& node, const LimitRow& row, LxcContainer& container) {
  const std::string& text = node.text();
  if (text == "max" || text == "-1" || text == "max 100000") return node.carry();
  const auto value = value_of(row.form, text);
  if (!value) return container.product.ledger.senseless(node, "a limit");
  node.take();
  container.draft.set(row.key, *value);
  if (row.form == Form::shares) {
    container.draft.comment(row.key, "from cpu.shares " + text + ", as runtimes reckon it");
  }
}

}  // namespace

bool take_lxc_cgroup(const Node& node, LxcContainer& container) {
  const std::string& key = node.key();
  const bool second = key.starts_with("lxc.cgroup2.");
  if (!second && !key.starts_with("lxc.cgroup.")) return false;
  const std::string file = key.substr(second ? 12 : 11);
  Ledger& ledger = container.product.ledger;
  if (file == "dir" || file.starts_with("dir.") || file == "relative") {
    ledger.lost(node, "where its cgroup lies is berth's choice", "cgroup in berthd.toml");
    return true;
  }
  if (file.starts_with("devices.")) {
    ledger.lost(node, "devices are allowed by their paths", "devices = [\"/dev/…\"]");
    return true;
  }
  for (const LimitRow& row : kLimits) {
    if (row.file != file) continue;
    take_limit(node, row, container);
    return true;
  }
  if (file == "io.max") {
    ledger.lost(node, "devices are limited by their paths, not their numbers", "limits.io");
    return true;
  }
  if (second) {
    container.draft.put("limits.cgroup", file, node.take());
  } else {
    ledger.lost(node, "a file of cgroup v1 has no counterpart",
                "limits, or the file of cgroup v2 in limits.cgroup");
  }
  return true;
}

}  // namespace berth::importing
