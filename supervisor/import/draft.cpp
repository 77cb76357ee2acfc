#include "supervisor/import/draft.h"

#include <algorithm>
#include <array>

#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// The order of the definition page, of containers and networks alike.
constexpr std::array<std::string_view, 41> kTop{
    "image",       "template",     "rootfs",      "pull",        "entrypoint", "command",
    "type",        "schedule",     "autostart",   "start_order", "groups",     "hostname",
    "user",        "working_dir",  "environment", "env_file",    "network",    "ports",
    "stop_signal", "stop_timeout", "read_only",   "mounts",      "secrets",    "devices",
    "sysctls",     "labels",       "hooks",       "depends_on",  "restart",    "healthcheck",
    "limits",      "networks",     "security",    "logging",     "update",     "driver",
    "bridge",      "subnet",       "subnet6",     "nat",         "dns"};
constexpr std::array<std::string_view, 43> kMembers{
    "exec",    "http",         "tcp",        "notify",       "policy",       "delay",
    "factor",  "max_delay",    "burst",      "interval",     "reset_after",  "timeout",
    "retries", "start_period", "on_failure", "memory",       "memory_high",  "memory_swap",
    "cpus",    "cpu_weight",   "cpuset",     "pids",         "io_weight",    "io",
    "ulimits", "cgroup",       "name",       "ipv4_address", "ipv6_address", "aliases",
    "userns",  "cap_add",      "cap_drop",   "seccomp",      "no_new_privs", "masked_paths",
    "driver",  "max_size",     "max_files",  "watch",        "reload",       "window",
    ""};

template <std::size_t kCount>
std::size_t rank(std::string_view key, const std::array<std::string_view, kCount>& order) {
  return static_cast<std::size_t>(std::ranges::find(order, key) - order.begin());
}

std::string_view head_of(std::string_view key) { return key.substr(0, key.find('.')); }
std::string_view tail_of(std::string_view key) {
  const size_t dot = key.find('.');
  return dot == key.npos ? "" : key.substr(dot + 1);
}

std::string wrapped(std::string_view sentence) {
  std::string lines;
  std::string line = "#";
  for (const std::string& word : split_spaces(sentence)) {
    if (line.size() + 1 + word.size() > 100 && line.size() > 1) {
      lines += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return lines + line + "\n";
}

// "depends_on" with nothing but names.
bool is_plain_dependencies(const TomlTable& table) {
  return std::ranges::all_of(table, [](const auto& member) {
    const auto* options = member.second.template get<TomlTable>();
    return options != nullptr && *options == TomlTable{{"condition", "started"}};
  });
}

}  // namespace

void Draft::append(const std::string& key, Toml item) {
  Toml& value = values_.try_emplace(key, TomlList()).first->second;
  auto* const list = value.get<TomlList>();
  if (std::ranges::find(*list, item) == list->end()) list->push_back(std::move(item));
}

void Draft::put(const std::string& key, const std::string& member, Toml value) {
  auto& table = *values_.try_emplace(key, TomlTable()).first->second.get<TomlTable>();
  const auto known = std::ranges::find(table, member, &TomlTable::value_type::first);
  if (known != table.end()) {
    known->second = std::move(value);
  } else {
    table.emplace_back(member, std::move(value));
  }
}

const Toml* Draft::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Draft::text_of(const std::string& key) const {
  const Toml* const value = find(key);
  const auto* const text = value == nullptr ? nullptr : value->get<std::string>();
  return text == nullptr ? "" : *text;
}

void Draft::comment(const std::string& key, std::string text) {
  std::vector<std::string>& known = comments_[key];
  if (std::ranges::find(known, text) == known.end()) known.push_back(std::move(text));
}

bool Draft::take_out(const std::string& path) {
  for (auto& [key, value] : values_) {
    if (path == key) {
      values_.erase(key);
      return true;
    }
    if (!path.starts_with(key)) continue;
    const std::string rest = path.substr(key.size());
    auto* const list = value.get<TomlList>();
    if (list != nullptr && rest[0] == '[') {
      const auto index = integer_of(rest.substr(1, rest.find(']') - 1)).value_or(-1);
      if (index < 0 || static_cast<std::size_t>(index) >= list->size()) return false;
      list->erase(list->begin() + index);
      if (list->empty()) values_.erase(key);
      return true;
    }
    auto* const table = value.get<TomlTable>();
    if (table == nullptr || rest[0] != '.') continue;
    const auto member = std::ranges::find_if(*table, [&](const auto& known) {
      const std::string bare = "." + known.first;
      const std::string quoted = "." + quote(known.first);
      return rest == bare || rest.starts_with(bare + ".") || rest == quoted ||
             rest.starts_with(quoted + ".");
    });
    if (member == table->end()) continue;
    table->erase(member);
    if (table->empty()) values_.erase(key);
    return true;
  }
  return false;
}

std::string Draft::render_comment(const std::string& key) const {
  std::string lines;
  const auto found = comments_.find(key);
  if (found == comments_.end()) return lines;
  for (const std::string& sentence : found->second) lines += wrapped(sentence);
  return lines;
}

// Whether a key of the top is better written as a section of its own.
bool Draft::is_section(const std::string& key) const {
  const Toml value = shown(key);
  if (key == "networks") return true;
  const auto* const table = value.get<TomlTable>();
  return table != nullptr && (table->size() > 2 || toml_inline(value).size() > 80);
}

// As it is written: dependencies on nothing but a start are a list of names.
Toml Draft::shown(const std::string& key) const {
  const Toml& value = values_.at(key);
  const auto* const table = value.get<TomlTable>();
  if (key != "depends_on" || table == nullptr || !is_plain_dependencies(*table)) return value;
  TomlList names;
  for (const auto& [name, options] : *table) names.emplace_back(name);
  return names;
}

std::string Draft::render_group(const std::vector<std::string>& keys, std::size_t prefix) const {
  std::size_t width = 0;
  for (const std::string& key : keys) {
    width = std::max(width, toml_key(key.substr(prefix)).size());
  }
  std::string lines;
  for (const std::string& key : keys) {
    std::string name = toml_key(key.substr(prefix));
    name.resize(width, ' ');
    lines += render_comment(key) + name + " = " + toml_value(shown(key), width + 3) + "\n";
  }
  return lines;
}

// [environment] and [[networks]]: one key whose value is a table, or a list of tables.
std::string Draft::render_section(const std::string& key) const {
  const Toml& value = values_.at(key);
  const auto* const items = value.get<TomlList>();
  std::string text = render_comment(key);
  for (const Toml& item : items != nullptr ? *items : TomlList{value}) {
    if (text.ends_with("\n") && text.find('=') != text.npos) text += "\n";
    text += items != nullptr ? "[[" + key + "]]\n" : "[" + key + "]\n";
    Draft inner;
    std::vector<std::string> names;
    for (const auto& [name, member] : *item.get<TomlTable>()) {
      inner.set(name, member);
      names.push_back(name);
    }
    text += inner.render_group(names, 0);
  }
  return text;
}

std::string Draft::render() const {
  std::map<std::size_t, std::vector<std::string>> top;       // by rank
  std::map<std::size_t, std::vector<std::string>> sections;  // likewise
  Draft written = *this;
  written.shorten_restart();
  for (const auto& [key, value] : written.values_) {
    const bool section = key.find('.') != key.npos || written.is_section(key);
    (section ? sections : top)[rank(head_of(key), kTop)].push_back(key);
  }
  std::string text;
  for (const std::string& heading : headings_) text += wrapped(heading);
  std::vector<std::string> singles;
  for (const auto& [order, keys] : top) singles.insert(singles.end(), keys.begin(), keys.end());
  text += written.render_group(singles, 0);
  for (auto& [order, keys] : sections) {
    if (!text.empty()) text += "\n";
    const std::string head(head_of(keys.front()));
    if (keys.front() == head) {
      text += written.render_section(head);
      continue;
    }
    std::ranges::stable_sort(keys, {},
                             [](const std::string& key) { return rank(tail_of(key), kMembers); });
    text += "[" + head + "]\n" + written.render_group(keys, head.size() + 1);
  }
  return text;
}

// A policy without more is written short, as people do.
void Draft::shorten_restart() {
  const auto is_restart = [](const auto& value) { return value.first.starts_with("restart."); };
  if (!has("restart.policy") || std::ranges::count_if(values_, is_restart) != 1) return;
  set("restart", values_.at("restart.policy"));
  erase("restart.policy");
  if (comments_.contains("restart.policy")) comments_["restart"] = comments_["restart.policy"];
}

}  // namespace berth::importing
