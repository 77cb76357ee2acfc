// Volumes, tmpfs, configs and secrets.
#include <algorithm>
#include <array>

#include "supervisor/import/compose.h"
#include "supervisor/import/volumes.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// The device of a local volume that is a directory of the host in truth; "" for others.
std::string bound_device(const Node& volume) {
  const Node* const options = volume.find("driver_opts");
  if (options == nullptr || !is_bound(options->peek("o"))) return "";
  return options->peek("device");
}

VolumeTarget named_volume(const std::string& key, const ComposeProject& project) {
  const Node* const volume = project.root.find("volumes", key);
  if (volume == nullptr) return {"volume", definition_name(key)};
  const std::string device = bound_device(*volume);
  if (!device.empty()) {
    return {"bind", absolute_path(device, project.product.settings.base)};
  }
  const Node* const external = volume->find("external");
  std::string name = volume->peek("name");
  if (name.empty() && external != nullptr) name = external->peek("name");
  return {"volume", definition_name(name.empty() ? key : name)};
}

void take_volume_options(const Node& node, ComposeService& service) {
  for (const Node& member : node.children()) {
    if (member.key() == "nocopy") {
      service.ledger().lost(member, "whether a new volume is filled from the image is not said",
                            "fill it beforehand");
    } else if (member.key() == "subpath") {
      service.ledger().lost(member, "a volume is mounted as a whole", "a volume of its own");
    } else if (member.key() == "create_host_path") {
      if (boolean_of(member.text()) == false) {
        member.take();
      } else {
        service.ledger().lost(member, "the source is not made", "make it beforehand");
      }
    } else if (member.key() == "propagation") {
      service.ledger().lost(member, "mounts do not propagate", "leave it out");
    } else if (member.key() == "selinux") {
      service.ledger().lost(member, "there are no labels of a security module", "leave it out");
    }
  }
}

void take_volume_table(const Node& node, ComposeService& service) {
  const std::string type = node.peek("type").empty() ? "volume" : node.peek("type");
  const std::string target = node.peek("target");
  if ((type != "bind" && type != "volume" && type != "tmpfs") || target.empty()) {
    return service.ledger().lost(node, "a mount of type " + quote(type) + " has no counterpart",
                                 "bind, volume or tmpfs");
  }
  node.take("type");
  node.take("target");
  bool read_only = false;
  if (const Node* const flag = node.find("read_only")) {
    read_only = take_flag(*flag, service.ledger()).value_or(false);
  }
  std::string size;
  if (const Node* const bytes = node.find("tmpfs", "size")) {
    size = size_of(bytes->text()).value_or("");
    if (size.empty()) service.ledger().senseless(*bytes, "a size");
    bytes->take();
  }
  for (const char* key : {"bind", "volume"}) {
    if (const Node* const options = node.find(key)) take_volume_options(*options, service);
  }
  if (const Node* const consistency = node.find("consistency")) {
    service.ledger().note(*consistency, "it has no effect on Linux");
  }
  const Node* const source = node.find("source");
  if (type == "tmpfs") {
    add_mount(service.draft, type, "", target, read_only, size);
  } else if (source == nullptr) {
    add_mount(service.draft, "volume", anonymous_volume(service.name, target), target, read_only);
  } else {
    const VolumeTarget volume = type == "bind" ? host_directory(*source, service.product)
                                               : named_volume(source->text(), service.project);
    source->take();
    add_mount(service.draft, volume.type, volume.source, target, read_only);
  }
}

const Node* top_of(const Node& node, const char* section, const std::string& name,
                   ComposeService& service) {
  const Node* const found = service.project.root.find(section, name);
  if (found == nullptr) {
    service.ledger().lost(node, "there is no such entry of " + std::string(section), "name one");
  }
  return found;
}

// Where the content of a config or secret lies on the host; "" when that is not known.
std::string content_path(const Node& entry, const std::string& section, Product& product) {
  const std::string file = entry.peek("file");
  if (!file.empty()) return absolute_path(file, product.settings.base);
  const Node* const content = entry.find("content");
  if (content == nullptr) return "";
  const std::string path = "files/" + section + "/" + definition_name(entry.key());
  return product.add_file(path, content->text(), section == "secrets");
}

struct FileUse {
  std::string name;    // in configs or secrets
  std::string target;  // "" without one
};

FileUse take_use(const Node& node, ComposeService& service) {
  if (node.is_scalar()) return {node.take(), ""};
  for (const char* key : {"uid", "gid", "mode"}) {
    if (const Node* const member = node.find(key)) {
      service.ledger().lost(*member, "owner and mode are those that berth gives, or the host's",
                            "chown or chmod the file on the host");
    }
  }
  return {node.take("source"), node.take("target")};
}

void take_files(const Node& node, const std::string& section, ComposeService& service) {
  for (const Node& item : node.children()) {
    const FileUse use = take_use(item, service);
    const Node* const entry = top_of(item, section.c_str(), use.name, service);
    if (entry == nullptr) continue;
    const std::string path = content_path(*entry, section, service.product);
    if (path.empty()) {
      service.ledger().lost(item, "the content of " + quote(use.name) + " is not in a file",
                            "put it into a file, and import again");
      continue;
    }
    const bool elsewhere = use.target.starts_with('/');
    if (section == "secrets" && !elsewhere) {
      service.draft.put("secrets", use.target.empty() ? use.name : use.target, path);
    } else {
      const std::string target = use.target.empty() ? "/" + use.name : use.target;
      add_mount(service.draft, "bind", path, absolute_path(target, "/"), true);
    }
  }
}

void import_volume(const Node& volume, Product& product) {
  if (volume.is_leaf()) volume.carry();
  const bool bound = !bound_device(volume).empty();
  for (const Node& member : volume.children()) {
    if (member.key() == "name") member.take();
    if (member.key() == "driver" && (member.text() == "local" || member.text().empty())) {
      member.take();
    } else if (member.key() == "driver") {
      product.ledger.lost(member, "there is no driver " + quote(member.text()), "a local volume");
    }
    if (member.key() == "driver_opts" && bound) {
      for (const Node& option : member.children()) {
        if (option.key() == "device") option.take();
        if (option.key() == "o" || option.key() == "type") {
          take_bound_option(option, product.ledger);
        }
      }
    } else if (member.key() == "driver_opts") {
      product.ledger.lost(member, "a volume is a directory of the host, without options",
                          "mount the file system on the host, depend on \"systemd:….mount\", and "
                          "use a bind mount");
    }
    if (member.key() == "external") {
      if (boolean_of(member.text()) == false) {
        member.carry();
      } else {
        product.ledger.changed(member, "its content is elsewhere",
                               "copy it, or use a bind mount of where it is");
      }
    }
    if (member.key() == "labels") {
      product.ledger.lost(member, "volumes have no labels", "leave them out");
    }
  }
}

}  // namespace

void take_volumes(const Node& node, ComposeService& service) {
  for (const Node& item : node.children()) {
    if (item.is_table()) {
      take_volume_table(item, service);
      continue;
    }
    const VolumeText text = take_volume_text(item, service.name, service.product);
    if (text.target.empty()) continue;
    const VolumeTarget volume = text.named ? named_volume(text.source, service.project)
                                           : VolumeTarget{text.type, text.source};
    add_mount(service.draft, volume.type, volume.source, text.target, text.read_only);
  }
}

void take_tmpfs(const Node& node, ComposeService& service) {
  if (node.is_scalar()) take_tmpfs_text(node, service.draft, service.ledger());
  for (const Node& item : node.children()) {
    take_tmpfs_text(item, service.draft, service.ledger());
  }
}

void take_secrets(const Node& node, ComposeService& service) {
  take_files(node, "secrets", service);
}

void take_configs(const Node& node, ComposeService& service) {
  take_files(node, "configs", service);
}

void import_compose_volumes(ComposeProject& project) {
  const Node* const volumes = project.root.find("volumes");
  if (volumes == nullptr) return;
  if (volumes->is_leaf()) volumes->carry();
  for (const Node& volume : volumes->children()) import_volume(volume, project.product);
}

void import_compose_files(ComposeProject& project) {
  for (const char* section : {"configs", "secrets"}) {
    const Node* const entries = project.root.find(section);
    if (entries == nullptr) continue;
    for (const Node& entry : entries->children()) {
      for (const Node& member : entry.children()) {
        const bool named = member.key() == "name" && entry.find("external") == nullptr;
        if (member.key() == "file" || member.key() == "content" || named) {
          member.take();
        } else {
          project.product.ledger.lost(member, "only files of the host are passed in",
                                      "put the content into a file, and name it with file");
        }
      }
    }
  }
}

}  // namespace berth::importing
