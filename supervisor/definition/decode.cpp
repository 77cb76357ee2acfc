#include "supervisor/definition/decode.h"

#include <algorithm>
#include <array>

#include "supervisor/definition/decode_value.h"
#include "supervisor/definition/dependency_name.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/definition/shorthands.h"
#include "supervisor/definition/system.h"
#include "supervisor/definition/unknown_key.h"

namespace berth::definition {

namespace {

// One table of a file: which keys it may have, and where they go.
template <class Owner>
struct Frame {
  std::span<const Key<Owner>> keys;
  std::span<const FutureKey> future;
  std::string path;     // in front of messages: "mounts[0]."; empty at the root
  std::string generic;  // the same without indexes: "mounts."
  Owner& owner;
};

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<MountSpec>& field);
bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, DependencySpec>& field);
bool read(const Value& value, const Slot& slot, Reading reading,
          std::vector<NetworkAttachment>& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<IoLimitSpec>& field);

template <class Owner>
void read_key(const Frame<Owner>& frame, const Key<Owner>& key, const Value& value, Place place,
              Reading reading) {
  const std::string path = frame.path + std::string(key.name);
  const std::string generic = frame.generic + std::string(key.name);
  const Slot slot{path, generic, key.shape, key.least, key.most, key.example, key.choices};
  reading.note(path, place);
  if (value.get<Null>() != nullptr) {
    reading.report.error(place, path, "there is no value", std::string(key.example));
    return;
  }
  std::visit([&](auto field) { read(value, slot, reading, field(frame.owner)); }, key.field);
}

template <class Owner>
const Key<Owner>* find_key(const Frame<Owner>& frame, std::string_view name) {
  const auto found = std::ranges::find(frame.keys, name, &Key<Owner>::name);
  return found == frame.keys.end() ? nullptr : &*found;
}

// True when the key is known, but not supported by this version.
template <class Owner>
bool refuse_future(const Frame<Owner>& frame, const std::string& section, const Member& member,
                   Reading reading) {
  const std::string name = frame.generic + section + member.key;
  for (const FutureKey& future : frame.future) {
    if (future.name != name) continue;
    reading.report.error(member.place, frame.path + section + show_key(member.key),
                         "this key is not supported yet", std::string(future.remedy));
    return true;
  }
  return false;
}

template <class Owner>
void refuse_unknown(const Frame<Owner>& frame, const std::string& section, const Member& member,
                    Reading reading) {
  std::vector<std::string_view> names;
  for (const Key<Owner>& key : frame.keys) names.push_back(key.name);
  const std::string path = frame.path + section + show_key(member.key);
  const bool is_list_item = !frame.path.empty();
  reading.report.error(member.place, path, "there is no such key",
                       remedy_for_unknown_key(member.key, section, names, is_list_item));
}

// restart = "always"
template <class Owner>
bool read_shorthand(const Frame<Owner>& frame, const Member& member, Reading reading) {
  const Key<Owner>* policy = member.key == "restart" ? find_key(frame, "restart.policy") : nullptr;
  const auto* text = member.value.get<std::string>();
  if (policy == nullptr || text == nullptr) return false;
  if (text->starts_with("on-failure:")) {
    reading.report.error(place_of(member), "restart", quote(*text) + " is compose's form",
                         "policy = \"on-failure\" and burst = " + text->substr(11));
    return true;
  }
  read_key(frame, *policy, member.value, place_of(member), reading);
  return true;
}

// Something else where a table belongs; its first key shows what could be in it.
template <class Owner>
void refuse_section(const Frame<Owner>& frame, const std::string& name, const Value& value,
                    Reading reading) {
  const auto first = std::ranges::find_if(
      frame.keys, [&](const auto& key) { return key.name.starts_with(name + "."); });
  const std::string example = "{ " + std::string(first->name.substr(name.size() + 1)) + " = " +
                              std::string(first->example) + " }";
  refuse_type(value, Slot{.path = frame.path + name, .example = example}, "a table", reading);
}

template <class Owner>
void read_table(const Frame<Owner>& frame, const Table& table, const std::string& section,
                Reading reading) {
  for (const Member& member : table) {
    const std::string name = section + member.key;
    const bool dotted = member.key.find('.') != std::string::npos;  // a quoted "limits.memory"
    if (refuse_future(frame, section, member, reading)) continue;
    if (const Key<Owner>* key = dotted ? nullptr : find_key(frame, name)) {
      read_key(frame, *key, member.value, place_of(member), reading);
      continue;
    }
    const std::string dotted_name = name + ".";
    const bool is_section = !dotted && std::ranges::any_of(frame.keys, [&](const auto& key) {
      return key.name.starts_with(dotted_name);
    });
    if (!is_section) {
      refuse_unknown(frame, section, member, reading);
      continue;
    }
    if (const auto* members = member.value.get<Table>()) {
      reading.note(frame.path + name, place_of(member));
      read_table(frame, *members, name + ".", reading);
    } else if (!read_shorthand(frame, member, reading)) {
      refuse_section(frame, name, member.value, reading);
    }
  }
}

template <class Owner>
void read_item(const Value& value, std::span<const Key<Owner>> keys, const Slot& slot,
               const std::string& path, Reading reading, Owner& item) {
  const Frame<Owner> frame{keys, future_container_keys(), path + ".", std::string(slot.name) + ".",
                           item};
  read_table(frame, *value.get<Table>(), "", reading);
}

// A mount that is wrong keeps its place in the list, so that the others keep their positions, and
// says nothing more.
MountSpec placeholder_mount(const std::string& path, Place place, Reading reading) {
  reading.note(path + ".source", place);
  reading.note(path + ".target", place);
  return MountSpec{};
}

bool check_paths(const Value& value, const MountSpec& mount, const std::string& path,
                 Reading reading) {
  for (const auto& [text, key] :
       {std::pair{&mount.source, ".source"}, {&mount.target, ".target"}}) {
    auto complaint = check_shape(Shape::absolute_path, *text);
    if (!complaint && has_control(*text)) {
      complaint = Complaint{quote(*text) + " has a control character in it", ""};
    }
    if (!complaint) continue;
    return refuse(value, Slot{.path = path + key}, std::move(*complaint), reading);
  }
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<MountSpec>& field) {
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& item = (*list)[i];
    const std::string path = slot.path + "[" + std::to_string(i) + "]";
    const Slot item_slot{.path = path, .example = R"("/srv/shop:/data:ro", or a table)"};
    reading.note(path, item.place);
    MountSpec mount;
    if (item.get<Table>() != nullptr) {
      read_item(item, mount_keys(), slot, path, reading, mount);
    } else if (const auto* text = item.get<std::string>()) {
      auto parsed = parse_mount(*text);
      if (!parsed) refuse(item, item_slot, parsed.error(), reading);
      const bool well = parsed && check_paths(item, *parsed, path, reading);
      mount = well ? std::move(*parsed) : placeholder_mount(path, item.place, reading);
    } else {
      refuse_type(item, item_slot, "a string or a table", reading);
      mount = placeholder_mount(path, item.place, reading);
    }
    field.push_back(std::move(mount));
  }
  return true;
}

bool is_dependency_name(Place place, const std::string& name, const std::string& path,
                        Reading reading) {
  const auto complaint = check_dependency_name(name);
  if (complaint) reading.report.error(place, path, complaint->problem, complaint->remedy);
  return !complaint;
}

// At the condition where it is written, which it is when it is wrong.
void check_condition(const std::string& name, const Table& table, const std::string& path,
                     const DependencySpec& dependency, Reading reading) {
  auto complaint = check_dependency_condition(name, dependency.condition);
  const auto written = std::ranges::find(table, "condition", &Member::key);
  if (!complaint || written == table.end()) return;
  refuse(written->value, Slot{.path = path + ".condition"}, std::move(*complaint), reading);
}

bool read_dependency_list(const List& list, const Slot& slot, Reading reading,
                          std::map<std::string, DependencySpec>& field) {
  for (size_t i = 0; i < list.size(); ++i) {
    const Slot item{.path = slot.path + "[" + std::to_string(i) + "]", .example = "\"db\""};
    const auto* name = list[i].get<std::string>();
    if (name == nullptr) {
      refuse_type(list[i], item, "a string", reading);
      continue;
    }
    if (!is_dependency_name(list[i].place, *name, item.path, reading)) continue;
    if (!field.emplace(*name, DependencySpec{}).second) {
      refuse(list[i], item, {quote(*name) + " is listed twice", ""}, reading);
      continue;
    }
    reading.note(slot.path + "." + *name, list[i].place);
  }
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, DependencySpec>& field) {
  if (const auto* list = value.get<List>()) {
    return read_dependency_list(*list, slot, reading, field);
  }
  const auto* table = value.get<Table>();
  if (table == nullptr) {
    return refuse_type(value, Slot{.path = slot.path, .example = R"(["db"])"},
                       "a list of names, or a table", reading);
  }
  for (const Member& member : *table) {
    const std::string path = slot.path + "." + show_key(member.key);
    if (!is_dependency_name(member.place, member.key, path, reading)) continue;
    const std::string plain_path = slot.path + "." + member.key;
    reading.note(plain_path, member.place);
    if (member.value.get<Table>() == nullptr) {
      refuse_type(member.value, Slot{.path = plain_path, .example = R"({ condition = "healthy" })"},
                  "a table", reading);
      continue;
    }
    DependencySpec dependency;
    read_item(member.value, dependency_keys(), slot, plain_path, reading, dependency);
    check_condition(member.key, *member.value.get<Table>(), path, dependency, reading);
    field[member.key] = dependency;
  }
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading,
          std::vector<NetworkAttachment>& field) {
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& item = (*list)[i];
    const std::string path = slot.path + "[" + std::to_string(i) + "]";
    const Slot item_slot{.path = path,
                         .shape = Shape::container_name,
                         .example = R"("lan", or { name = "lan", ipv4_address = "10.20.0.10" })"};
    reading.note(path, item.place);
    NetworkAttachment attachment;
    if (item.get<Table>() != nullptr) {
      read_item(item, attachment_keys(), slot, path, reading, attachment);
    } else if (item.get<std::string>() == nullptr) {
      refuse_type(item, item_slot, "a string or a table", reading);
      reading.note(path + ".name", item.place);
    } else {
      definition::read(item, item_slot, reading, attachment.name);
      reading.note(path + ".name", item.place);
    }
    field.push_back(std::move(attachment));
  }
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<IoLimitSpec>& field) {
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& item = (*list)[i];
    const std::string path = slot.path + "[" + std::to_string(i) + "]";
    reading.note(path, item.place);
    IoLimitSpec& limit = field.emplace_back();
    if (item.get<Table>() != nullptr) {
      read_item(item, io_limit_keys(), slot, path, reading, limit);
    } else {
      const Slot item_slot{.path = path, .example = R"({ device = "/dev/vda", read_bps = "50M" })"};
      refuse_type(item, item_slot, "a table", reading);
      reading.note(path + ".device", item.place);
    }
  }
  return true;
}

template <class Owner>
void decode(const Value& root, std::span<const Key<Owner>> keys, std::span<const FutureKey> future,
            Owner& owner, Report& report) {
  const Reading reading{report, owner.where};
  reading.note("", Place{});
  read_table(Frame<Owner>{keys, future, "", "", owner}, *root.get<Table>(), "", reading);
}

}  // namespace

ContainerSpec decode_container(const Value& root, const std::string& name, Report& report) {
  ContainerSpec spec;
  spec.name = name;
  decode(root, container_keys(), future_container_keys(), spec, report);
  complete_system(spec);
  return spec;
}

NetworkSpec decode_network(const Value& root, const std::string& name, Report& report) {
  NetworkSpec spec;
  spec.name = name;
  decode(root, network_keys(), future_network_keys(), spec, report);
  return spec;
}

HostSpec decode_host(const Value& root, Report& report) {
  HostSpec spec;
  decode(root, host_keys(), future_host_keys(), spec, report);
  return spec;
}

}  // namespace berth::definition
