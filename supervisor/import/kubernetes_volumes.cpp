// volumes and volumeMounts. ConfigMaps and Secrets become files beside the definitions.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Source {
  std::string type;  // of the mount; empty: none, and reported
  std::string path;
  std::string size;
  bool read_only = false;
};

const Node* volume_of(const KubePod& pod, const std::string& name) {
  const Node* const volumes = pod.spec->find("volumes");
  if (volumes == nullptr) return nullptr;
  for (const Node& volume : volumes->children()) {
    if (volume.peek("name") == name) return &volume;
  }
  return nullptr;
}

Source empty_directory(const Node& node, const std::string& name, KubeContainer& container) {
  const Node* const limit = node.find("sizeLimit");
  const auto bytes = limit == nullptr ? std::nullopt : quantity_of(limit->text());
  if (node.peek("medium") == "Memory") {
    node.take("medium");
    if (bytes) limit->take();
    return {"tmpfs", "", bytes ? size_text(static_cast<std::uint64_t>(*bytes)) : "", false};
  }
  if (limit != nullptr) {
    container.ledger().lost(*limit, "a volume has no size of its own", "a tmpfs has one");
  }
  container.ledger().changed(node, "its content stays when the containers are made anew",
                             "a tmpfs, where nothing shall stay");
  node.carry();
  return {"volume", definition_name(container.pod.name + "-" + name), "", false};
}

Source host_path(const Node& node, KubeContainer& container) {
  const Node* const type = node.find("type");
  if (type != nullptr && type->text().ends_with("OrCreate")) {
    container.ledger().lost(*type, "the source is not made", "make it beforehand");
  } else if (type != nullptr) {
    container.ledger().note(*type, "what the source is shows when it is mounted");
  }
  return {"bind", absolute_path(node.take("path"), "/"), "", false};
}

// The keys of the object, and the files that they become.
std::map<std::string, std::string> items_of(const Node& node, const Node& object) {
  std::map<std::string, std::string> items;
  const Node* const chosen = node.find("items");
  if (chosen == nullptr) {
    for (const std::string& key : keys_of(object)) items[key] = key;
    return items;
  }
  for (const Node& item : chosen->children()) items[item.take("key")] = item.take("path");
  return items;
}

Source written_files(const Node& node, const std::string& volume, bool secret,
                     KubeContainer& container) {
  const std::string name = node.take(secret ? "secretName" : "name");
  const auto& objects = secret ? container.set.secrets : container.set.config_maps;
  const auto object = objects.find(name);
  const Node* const optional = node.find("optional");
  if (optional != nullptr) optional->take();
  if (const Node* const mode = node.find("defaultMode")) {
    container.ledger().lost(*mode,
                            "files beside the definitions have mode 0644, or 0600 where "
                            "they are secret",
                            "chmod them where they lie");
  }
  if (object == objects.end()) {
    container.ledger().lost(node, quote(name) + " is not in these files",
                            "put its files into a directory, and mount that");
    return {};
  }
  const std::string folder =
      "files/" + definition_name(container.pod.name) + "/" + definition_name(volume);
  for (const auto& [key, path] : items_of(node, *object->second)) {
    const auto content = content_of(*object->second, key);
    if (!content || path.find("..") != path.npos) {
      container.ledger().lost(node, quote(key) + " is not in " + quote(name), "name one that is");
      continue;
    }
    container.product.add_file(folder + "/" + path, *content, secret);
  }
  return {"bind", container.product.settings.etc + "/" + folder, "", true};
}

Source claimed_volume(const Node& node) {
  const Node* const read_only = node.find("readOnly");
  if (read_only != nullptr) read_only->take();
  return {"volume", definition_name(node.take("claimName")), "",
          read_only != nullptr && boolean_of(read_only->text()) == true};
}

Source source_of(const std::string& name, const Node& mount, KubeContainer& container) {
  if (container.pod.claims.contains(name)) {
    return {"volume", definition_name(name + "-" + container.pod.name), "", false};
  }
  const Node* const volume = volume_of(container.pod, name);
  if (volume == nullptr) {
    container.ledger().lost(mount, "the pod has no volume " + quote(name), "name one that it has");
    return {};
  }
  volume->take("name");
  for (const Node& kind : volume->children()) {
    if (kind.key() == "emptyDir") return empty_directory(kind, name, container);
    if (kind.key() == "hostPath") return host_path(kind, container);
    if (kind.key() == "configMap") return written_files(kind, name, false, container);
    if (kind.key() == "secret") return written_files(kind, name, true, container);
    if (kind.key() == "persistentVolumeClaim") return claimed_volume(kind);
    if (kind.key() == "name") continue;
    container.ledger().lost(kind, "a volume of kind " + quote(kind.key()) + " has no counterpart",
                            "mount it on the host, and use a bind mount");
    return {};
  }
  return {};
}

void take_mount(const Node& mount, KubeContainer& container) {
  const std::string name = mount.take("name");
  Source source = source_of(name, mount, container);
  if (source.type.empty()) {
    return container.ledger().lost(mount, "what it mounts is not there", "see the volume");
  }
  const Node* const below = mount.find("subPath");
  if (below != nullptr && source.type == "bind") {
    source.path = absolute_path(below->take(), source.path);
  } else if (below != nullptr) {
    container.ledger().lost(*below, "a volume is mounted as a whole", "a volume of its own");
  }
  const Node* const flag = mount.find("readOnly");
  const bool read_only =
      source.read_only || (flag != nullptr && take_flag(*flag, container.ledger()) == true);
  const std::string target = absolute_path(mount.take("mountPath"), "/");
  add_mount(container.draft, source.type, source.path, target, read_only, source.size);
}

}  // namespace

void take_kube_mounts(KubeContainer& container) {
  const Node* const mounts = container.node.find("volumeMounts");
  if (mounts == nullptr) return;
  for (const Node& mount : mounts->children()) take_mount(mount, container);
}

void finish_kube_volumes(const KubePod& pod, Product& product) {
  const Node* const volumes = pod.spec->find("volumes");
  if (volumes == nullptr) return;
  for (const Node& volume : volumes->children()) {
    if (volume.untouched()) product.ledger.note(volume, "no container mounts it");
  }
}

const Node* entry_of(const Node& object, const std::string& key) {
  for (const char* section : {"stringData", "data", "binaryData"}) {
    if (const Node* const found = object.find(section, key)) return found;
  }
  return nullptr;
}

std::optional<std::string> content_of(const Node& object, const std::string& key) {
  const Node* const entry = entry_of(object, key);
  if (entry == nullptr) return std::nullopt;
  const bool secret = object.peek("kind") == "Secret";
  const bool encoded =
      object.find("stringData", key) == nullptr && (secret || object.find("data", key) == nullptr);
  if (!encoded) return entry->take();
  auto decoded = decode_base64(entry->text());
  if (decoded) entry->take();
  return decoded;
}

std::vector<std::string> keys_of(const Node& object) {
  std::vector<std::string> keys;
  for (const char* section : {"data", "stringData", "binaryData"}) {
    const Node* const entries = object.find(section);
    if (entries == nullptr) continue;
    for (const Node& entry : entries->children()) keys.push_back(entry.key());
  }
  return keys;
}

}  // namespace berth::importing
