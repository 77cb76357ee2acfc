// [Container]: volumes, mounts, tmpfs and secrets; and the .volume units that they name.
#include <map>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/volumes.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// "data.volume" is the unit of that name, which may be a directory of the host in truth.
VolumeTarget named_volume(const std::string& source, const QuadletSet& set) {
  if (!source.ends_with(".volume")) return {"volume", definition_name(source)};
  const QuadletUnit* const unit = set.find(source);
  if (unit == nullptr) return {"volume", definition_name(source.substr(0, source.size() - 7))};
  const std::string device = unit->peek("Volume", "Device");
  if (!device.empty() && is_bound(unit->peek("Volume", "Options"))) {
    return {"bind", device};
  }
  return {"volume", unit->name};
}

void take_volume(const Node& node, QuadletContainer& container) {
  const VolumeText text = take_volume_text(node, container.unit.name, container.product);
  if (text.target.empty()) return;
  const VolumeTarget volume =
      text.named ? named_volume(text.source, container.set) : VolumeTarget{text.type, text.source};
  add_mount(container.draft, volume.type, volume.source, text.target, text.read_only);
}

struct MountOptions {
  std::map<std::string, std::string> known;  // type, source, target, size
  bool read_only = false;
};

MountOptions take_mount_options(const Node& node, Ledger& ledger) {
  MountOptions options;
  for (const std::string& word : split(node.text(), ',')) {
    const size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    const std::string value = equals == word.npos ? "" : word.substr(equals + 1);
    if (name == "src") name = "source";
    if (name == "dst" || name == "destination") name = "target";
    if (name == "tmpfs-size") name = "size";
    if (name == "ro" || name == "readonly") {
      options.read_only = value != "false";
    } else if (name == "type" || name == "source" || name == "target" || name == "size") {
      options.known[name] = value;
    } else if (name != "rw") {
      ledger.lost(node, "the option " + quote(word) + " of a mount has no counterpart",
                  "type, source, target, ro and size have");
    }
  }
  return options;
}

void take_mount(const Node& node, QuadletContainer& container) {
  MountOptions options = take_mount_options(node, container.ledger());
  const std::string type = options.known["type"].empty() ? "volume" : options.known["type"];
  const std::string target = options.known["target"];
  const std::string source = options.known["source"];
  if ((type != "bind" && type != "volume" && type != "tmpfs") || target.empty()) {
    return container.ledger().lost(node, "a mount of type " + quote(type) + " has no counterpart",
                                   "bind, volume or tmpfs");
  }
  if (type == "tmpfs") {
    node.take();
    const std::string size = size_of(options.known["size"]).value_or("");
    return add_mount(container.draft, type, "", target, options.read_only, size);
  }
  const VolumeTarget volume =
      type == "bind"   ? host_directory(node, source, container.product)
      : source.empty() ? VolumeTarget{"volume", anonymous_volume(container.unit.name, target)}
                       : named_volume(source, container.set);
  node.take();
  add_mount(container.draft, volume.type, volume.source, target, options.read_only);
}

void take_tmpfs(const Node& node, QuadletContainer& container) {
  take_tmpfs_text(node, container.draft, container.ledger());
}

void take_shm_size(const Node& node, QuadletContainer& container) {
  const auto size = size_of(node.text());
  if (!size) return container.ledger().senseless(node, "a size");
  node.take();
  add_mount(container.draft, "tmpfs", "", "/dev/shm", false, *size);
}

// "name,type=mount,target=x": the content is in podman's store, not in a file.
void take_secret(const Node& node, QuadletContainer& container) {
  std::vector<std::string> words = split(node.text(), ',');
  const std::string name = words[0];
  std::string target = name;
  std::string type = "mount";
  for (const std::string& word : words) {
    if (word.starts_with("target=")) target = word.substr(7);
    if (word.starts_with("type=")) type = word.substr(5);
    if (word.starts_with("uid=") || word.starts_with("gid=") || word.starts_with("mode=")) {
      container.ledger().lost(node, "a secret belongs to the container's user, with mode 0400",
                              "user");
    }
  }
  const std::string path = container.product.settings.etc + "/secrets/" + name;
  if (type == "env") {
    return container.ledger().lost(
        node, "a secret is not put into the environment",
        "secrets = { " + name + " = \"" + path + "\" }, where the program can read a file");
  }
  node.take();
  if (target.starts_with('/')) {
    add_mount(container.draft, "bind", path, target, true);
  } else {
    container.draft.put("secrets", target, path);
  }
  container.ledger().changed(node, "its content is in podman's store",
                             "podman secret inspect --showsecret " + name + ", into " + path);
}

}  // namespace

bool take_storage_key(const Node& node, QuadletContainer& container) {
  const std::string& key = node.key();
  if (key == "Volume") {
    take_volume(node, container);
  } else if (key == "Mount") {
    take_mount(node, container);
  } else if (key == "Tmpfs") {
    take_tmpfs(node, container);
  } else if (key == "ShmSize") {
    take_shm_size(node, container);
  } else if (key == "Secret") {
    take_secret(node, container);
  } else {
    return false;
  }
  return true;
}

void import_volume_unit(const QuadletUnit& unit, Product& product) {
  const bool bound = is_bound(unit.peek("Volume", "Options"));
  for (const Node* node : unit.lines("Volume")) {
    const std::string& key = node->key();
    if (key == "VolumeName" || (key == "Driver" && node->text() == "local")) node->take();
    if (bound && key == "Device") {
      node->take();
    } else if (bound && (key == "Type" || key == "Options")) {
      take_bound_option(*node, product.ledger);
    } else if (key == "Device" || key == "Type" || key == "Options") {
      product.ledger.lost(*node, "a volume is a directory of the host, without options",
                          "mount the file system on the host, depend on \"systemd:….mount\", and "
                          "use a bind mount");
    }
  }
}

}  // namespace berth::importing
