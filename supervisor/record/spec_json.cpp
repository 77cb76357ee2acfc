#include "supervisor/record/spec_json.h"

#include <span>

#include "supervisor/model/keys.h"
#include "supervisor/model/values.h"

namespace berth::record {

namespace {

std::span<const Key<MountSpec>> keys_of(const MountSpec&) { return mount_keys(); }
std::span<const Key<DependencySpec>> keys_of(const DependencySpec&) { return dependency_keys(); }
std::span<const Key<NetworkAttachment>> keys_of(const NetworkAttachment&) {
  return attachment_keys();
}
std::span<const Key<IoLimitSpec>> keys_of(const IoLimitSpec&) { return io_limit_keys(); }
std::span<const Key<ContainerSpec>> keys_of(const ContainerSpec&) { return container_keys(); }
std::span<const Key<NetworkSpec>> keys_of(const NetworkSpec&) { return network_keys(); }
std::span<const Key<HostSpec>> keys_of(const HostSpec&) { return host_keys(); }

// The keys of a table and of its tables: "limits.memory" is memory of limits.
template <class Owner>
struct Section {
  std::string name;
  const Key<Owner>* key = nullptr;  // null: it is a table
  std::vector<Section> members;
};

template <class Owner>
void insert(Section<Owner>& section, std::string_view name, const Key<Owner>& key) {
  const std::size_t dot = name.find('.');
  const std::string first(name.substr(0, dot));
  if (dot == std::string_view::npos) {
    section.members.push_back({first, &key, {}});
    return;
  }
  for (Section<Owner>& member : section.members) {
    if (member.name == first && member.key == nullptr) {
      return insert(member, name.substr(dot + 1), key);
    }
  }
  section.members.push_back({first, nullptr, {}});
  insert(section.members.back(), name.substr(dot + 1), key);
}

template <class Owner>
const Section<Owner>& sections_of(const Owner& owner) {
  static const Section<Owner> whole = [&owner] {
    Section<Owner> made;
    for (const Key<Owner>& key : keys_of(owner)) insert(made, key.name, key);
    return made;
  }();
  return whole;
}

template <class T>
concept HasKeys = requires(const T& value) { keys_of(value); };

template <HasKeys T>
void write(JsonText& json, const T& value);
template <class T>
void write(JsonText& json, const std::optional<T>& value);
template <class T>
void write(JsonText& json, const std::vector<T>& values);
template <class T>
void write(JsonText& json, const std::map<std::string, T>& values);

void write(JsonText& json, bool value) { json.flag(value); }
void write(JsonText& json, std::int64_t value) { json.number(value); }
void write(JsonText& json, double value) { json.number(value); }
void write(JsonText& json, const std::string& value) { json.text(value); }

// Everything else has one form of text.
template <class T>
  requires(!HasKeys<T>)
void write(JsonText& json, const T& value) {
  json.text(format_value(value));
}

template <class T>
void write(JsonText& json, const std::optional<T>& value) {
  write(json, *value);  // one without a value is the default, and left out
}

template <class T>
void write(JsonText& json, const std::vector<T>& values) {
  json.begin_list();
  for (const T& value : values) write(json, value);
  json.end_list();
}

template <class T>
void write(JsonText& json, const std::map<std::string, T>& values) {
  json.begin_object();
  for (const auto& [name, value] : values) {
    json.key(name);
    write(json, value);
  }
  json.end_object();
}

template <class Owner>
void write_key(JsonText& json, const Section<Owner>& member, const Owner& owner) {
  static const Owner kDefaults{};
  // The accessors take a mutable owner because decoding writes through them.
  std::visit(
      [&](auto field) {
        const auto& value = field(const_cast<Owner&>(owner));
        if (value == field(const_cast<Owner&>(kDefaults))) return;
        json.key(member.name);
        write(json, value);
      },
      member.key->field);
}

template <class Owner>
void write_members(JsonText& json, const Section<Owner>& section, const Owner& owner) {
  for (const Section<Owner>& member : section.members) {
    if (member.key != nullptr) {
      write_key(json, member, owner);
      continue;
    }
    const JsonText::Mark before = json.mark();
    json.key(member.name);
    json.begin_object();
    const std::size_t empty = json.mark().size;
    write_members(json, member, owner);
    if (json.mark().size == empty)
      json.take_back(before);
    else
      json.end_object();
  }
}

template <HasKeys T>
void write(JsonText& json, const T& value) {
  json.begin_object();
  write_members(json, sections_of(value), value);
  json.end_object();
}

}  // namespace

void write_spec(JsonText& json, const ContainerSpec& spec) { write(json, spec); }
void write_spec(JsonText& json, const NetworkSpec& spec) { write(json, spec); }
void write_spec(JsonText& json, const HostSpec& spec) { write(json, spec); }

}  // namespace berth::record
