#include "supervisor/model/key_info.h"

#include <algorithm>
#include <array>

#include "supervisor/model/values.h"
#include "supervisor/model/words.h"

namespace berth {

namespace {

constexpr ValueKind kind_of(const bool&) { return ValueKind::boolean; }
constexpr ValueKind kind_of(const std::int64_t&) { return ValueKind::integer; }
constexpr ValueKind kind_of(const double&) { return ValueKind::number; }
ValueKind kind_of(const std::string&) { return ValueKind::text; }
ValueKind kind_of(const Bytes&) { return ValueKind::size; }
ValueKind kind_of(const Duration&) { return ValueKind::duration; }
ValueKind kind_of(const Signal&) { return ValueKind::signal; }
ValueKind kind_of(const UlimitSpec&) { return ValueKind::ulimit; }
ValueKind kind_of(const PortSpec&) { return ValueKind::port; }
ValueKind kind_of(const DeviceSpec&) { return ValueKind::device; }
ValueKind kind_of(const Calendar&) { return ValueKind::calendar; }
ValueKind kind_of(const TimeWindow&) { return ValueKind::window; }
ValueKind kind_of(const MountSpec&) { return ValueKind::mount; }
ValueKind kind_of(const DependencySpec&) { return ValueKind::dependency; }
ValueKind kind_of(const NetworkAttachment&) { return ValueKind::attachment; }
ValueKind kind_of(const IoLimitSpec&) { return ValueKind::io_limit; }

template <class T>
void describe(const T& value, KeyInfo& info) {
  if constexpr (std::is_enum_v<T>) {
    info.kind = ValueKind::word;
    for (const auto& word : words_of(value)) info.words.emplace_back(word.text);
  } else {
    info.kind = kind_of(value);
  }
}
template <class T>
void describe(const std::vector<T>&, KeyInfo& info) {
  info.arrangement = Arrangement::list;
  describe(T{}, info);
}
template <class T>
void describe(const std::map<std::string, T>&, KeyInfo& info) {
  info.arrangement = Arrangement::table;
  describe(T{}, info);
}
template <class T>
void describe(const std::optional<T>&, KeyInfo& info) {
  describe(T{}, info);
}

std::vector<std::string> split_choices(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(", "), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return words;
}

// The remedy of a key that is refused by itself, or with its section; empty for the others.
std::string remedy_of(std::string_view name, std::span<const FutureKey> refused) {
  for (const FutureKey& future : refused) {
    if (name == future.name || name.starts_with(std::string(future.name) + ".")) {
      return std::string(future.remedy);
    }
  }
  return "";
}

struct TablePlace {
  std::string file;
  std::string place;   // KeyInfo::place
  std::string prefix;  // of the full names
  std::span<const FutureKey> refused;
};

template <class Owner>
void add(std::vector<KeyInfo>& infos, std::span<const Key<Owner>> keys, const TablePlace& table) {
  for (const Key<Owner>& key : keys) {
    KeyInfo& info = infos.emplace_back();
    info.leaf = key.name;
    info.name = table.prefix + info.leaf;
    info.place = table.place;
    info.file = table.file;
    std::visit([&]<class T>(FieldOf<Owner, T>) { describe(T{}, info); }, key.field);
    if (!key.choices.empty()) info.words = split_choices(key.choices);
    for (const FutureValue& future : future_values()) {
      if (future.key == info.name) std::erase(info.words, std::string(future.value));
    }
    info.shape = key.shape;
    info.least = key.least;
    info.most = key.most;
    info.default_text = key.default_text;
    info.meaning = key.meaning;
    info.example = key.example;
    info.cost = key.cost;
    info.has_cost = std::is_same_v<Owner, ContainerSpec>;
    info.remedy = remedy_of(info.name, table.refused);
  }
}

// What is refused by name, and has no row in a table.
void add_refused(std::vector<KeyInfo>& infos, const TablePlace& table) {
  for (const FutureKey& future : table.refused) {
    const std::string section = std::string(future.name) + ".";
    const bool known = std::ranges::any_of(infos, [&](const KeyInfo& info) {
      return info.place == table.place &&
             (info.name == future.name || info.name.starts_with(section));
    });
    if (known) continue;
    KeyInfo& info = infos.emplace_back();
    info.name = info.leaf = future.name;
    info.place = table.place;
    info.file = table.file;
    info.remedy = future.remedy;
  }
}

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean: return "true or false";
    case ValueKind::integer: return "integer";
    case ValueKind::number: return "number";
    case ValueKind::text: return "text";
    case ValueKind::size: return "size";
    case ValueKind::duration: return "duration";
    case ValueKind::signal: return "signal";
    case ValueKind::word: return "one of some words";
    case ValueKind::ulimit: return "limit";
    case ValueKind::port: return "port";
    case ValueKind::device: return "device";
    case ValueKind::calendar: return "calendar expression";
    case ValueKind::window: return "window";
    case ValueKind::mount: return "mount";
    case ValueKind::dependency: return "dependency";
    case ValueKind::attachment: return "network";
    case ValueKind::io_limit: return "limit";
  }
  return "";
}

std::string plural(std::string word) {
  if (!word.ends_with('y')) return word + "s";
  word.pop_back();
  return word + "ies";
}

std::string show(const KeyInfo& key, double value) {
  if (key.kind == ValueKind::size) return format_bytes(Bytes{static_cast<std::uint64_t>(value)});
  if (key.kind == ValueKind::duration) {
    return format_duration(Duration(static_cast<std::int64_t>(value * 1e9)));
  }
  const bool whole = value == static_cast<double>(static_cast<std::int64_t>(value));
  return whole ? format_value(static_cast<std::int64_t>(value)) : format_value(value);
}

}  // namespace

std::vector<KeyInfo> all_keys() {
  std::vector<KeyInfo> infos;
  const auto refused = future_container_keys();
  add(infos, container_keys(), {"container", "", "", refused});
  add(infos, mount_keys(), {"item of mounts", "", "mounts.", refused});
  add(infos, dependency_keys(), {"item of depends_on", "", "depends_on.", refused});
  add(infos, attachment_keys(), {"item of networks", "", "networks.", refused});
  add(infos, io_limit_keys(), {"item of limits.io", "", "limits.io.", refused});
  const TablePlace container{"container", "", "", refused};
  const TablePlace network{"network", "network", "", future_network_keys()};
  const TablePlace host{"berthd.toml", "berthd", "", future_host_keys()};
  add(infos, network_keys(), network);
  add(infos, host_keys(), host);
  for (const TablePlace& table : {container, network, host}) add_refused(infos, table);
  return infos;
}

std::string type_in_words(const KeyInfo& key) {
  const std::string one(name_of(key.kind));
  switch (key.arrangement) {
    case Arrangement::one: return one;
    case Arrangement::list: return "list of " + plural(one);
    case Arrangement::table: return "table of " + plural(one);
  }
  return one;
}

std::string range_in_words(const KeyInfo& key) {
  if (key.least && key.most) return show(key, *key.least) + " to " + show(key, *key.most);
  if (key.least) return "at least " + show(key, *key.least);
  if (key.most) return "at most " + show(key, *key.most);
  return "";
}

std::string_view in_words(Cost cost) {
  switch (cost) {
    case Cost::none: return "touches nothing that runs";
    case Cost::live: return "is applied to the running process";
    case Cost::reload: return "is told to the running process by a signal";
    case Cost::restart: return "restarts the container";
    case Cost::recreate: return "makes the container anew";
  }
  return "";
}

}  // namespace berth
