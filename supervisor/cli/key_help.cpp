#include "supervisor/cli/key_help.h"

#include "supervisor/model/words.h"

namespace berth::cli {

namespace {

std::string type_name(const bool&) { return "true or false"; }
std::string type_name(const std::int64_t&) { return "integer"; }
std::string type_name(const double&) { return "number"; }
std::string type_name(const std::string&) { return "text"; }
std::string type_name(const Bytes&) { return "size"; }
std::string type_name(const Duration&) { return "duration"; }
std::string type_name(const Signal&) { return "signal"; }
std::string type_name(const UlimitSpec&) { return "limit"; }
std::string type_name(const PortSpec&) { return "port"; }
std::string type_name(const MountSpec&) { return "mount"; }
std::string type_name(const DependencySpec&) { return "dependency"; }
std::string type_name(const NetworkAttachment&) { return "network"; }
template <class Enum>
  requires std::is_enum_v<Enum>
std::string type_name(const Enum&) {
  return "one of some words";
}
template <class T>
std::string type_name(const std::optional<T>&) {
  return type_name(T{});
}
std::string plural(std::string word) {
  if (!word.ends_with('y')) return word + "s";
  word.pop_back();
  return word + "ies";
}
template <class T>
std::string type_name(const std::vector<T>&) {
  return "list of " + plural(type_name(T{}));
}
template <class T>
std::string type_name(const std::map<std::string, T>&) {
  return "table of " + plural(type_name(T{}));
}

template <class T>
std::string choices_of(const T&) {
  return "";
}
template <class Enum>
  requires std::is_enum_v<Enum>
std::string choices_of(const Enum&) {
  std::string text;
  for (const auto& word : words_of(Enum{})) {
    if (!text.empty()) text += ", ";
    text += word.text;
  }
  return text;
}

std::string in_words(Cost cost) {
  switch (cost) {
    case Cost::none: return "touches nothing that runs";
    case Cost::live: return "is applied to the running process";
    case Cost::reload: return "is told to the running process by a signal";
    case Cost::restart: return "restarts the container";
    case Cost::recreate: return "makes the container anew";
  }
  return "";
}

template <class Owner>
void add(std::vector<KeyHelp>& helps, const char* file, std::span<const Key<Owner>> keys,
         const std::string& place = "", const std::string& prefix = "") {
  for (const Key<Owner>& key : keys) {
    KeyHelp& help = helps.emplace_back();
    help.leaf = key.name;
    help.name = prefix + help.leaf;
    help.place = place;
    help.file = file;
    std::visit(
        [&]<class T>(FieldOf<Owner, T>) {
          help.type = type_name(T{});
          help.choices = choices_of(T{});
        },
        key.field);
    if (!key.choices.empty()) help.choices = key.choices;
    help.default_text = key.default_text;
    help.meaning = key.meaning;
    help.example = key.example;
    if constexpr (std::is_same_v<Owner, ContainerSpec>) {
      help.cost_word = name_of(key.cost);
      help.cost = in_words(key.cost);
    }
  }
}

}  // namespace

std::vector<KeyHelp> key_helps() {
  std::vector<KeyHelp> helps;
  add(helps, "container", container_keys());
  add(helps, "item of mounts", mount_keys(), "", "mounts.");
  add(helps, "item of depends_on", dependency_keys(), "", "depends_on.");
  add(helps, "item of networks", attachment_keys(), "", "networks.");
  add(helps, "network", network_keys(), "network");
  add(helps, "berthd.toml", host_keys(), "berthd");
  return helps;
}

}  // namespace berth::cli
