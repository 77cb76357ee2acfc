#include "supervisor/import/volumes.h"

#include <algorithm>
#include <array>

#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void take_option(const Node& node, const std::string& option, bool& read_only, Ledger& ledger) {
  constexpr std::array<std::string_view, 5> kNothing{"rw", "cached", "delegated", "consistent", ""};
  if (option == "ro") {
    read_only = true;
  } else if (option == "z" || option == "Z") {
    ledger.note(node, "files are not labelled for a security module: option " + quote(option));
  } else if (std::ranges::find(kNothing, option) == kNothing.end()) {
    ledger.lost(node, "the option " + quote(option) + " has no counterpart", "ro or rw");
  }
}

}  // namespace

bool is_bound(const std::string& options) {
  const std::vector<std::string> words = split(options, ',');
  return std::ranges::any_of(
      words, [](const std::string& word) { return word == "bind" || word == "rbind"; });
}

void take_bound_option(const Node& node, Ledger& ledger) {
  for (const std::string& word : split(node.text(), ',')) {
    if (word == "bind" || word == "rbind" || word == "none" || word == "rw") continue;
    ledger.lost(node, quote(word) + " has no counterpart in a bind mount", "read_only has");
  }
  if (node.fate() == Fate::open) node.take();
}

std::string anonymous_volume(const std::string& container, const std::string& target) {
  return definition_name(container + target);
}

VolumeTarget host_directory(const Node& node, Product& product) {
  return host_directory(node, node.text(), product);
}

VolumeTarget host_directory(const Node& node, const std::string& path, Product& product) {
  const bool home = path == "~" || path.starts_with("~/");
  const std::string source = home ? absolute_path("/root" + path.substr(1), "/")
                                  : absolute_path(path, product.settings.base);
  node.take();
  if (home) product.ledger.changed(node, "~ is taken for /root", "write the path that is meant");
  if (source.ends_with("/docker.sock") || source.ends_with("/podman.sock")) {
    product.ledger.changed(node, "no engine answers at this socket unless one runs beside berth",
                           "leave it out, with what needs it");
  }
  return {"bind", source};
}

VolumeText take_volume_text(const Node& node, const std::string& container, Product& product) {
  const std::vector<std::string> parts = split(node.text(), ':');
  VolumeText volume{"volume", "", "", false, false};
  if (parts.size() > 3 || node.text().empty()) {
    product.ledger.senseless(node, "a volume");
    return volume;
  }
  if (parts.size() == 1) {
    volume.target = absolute_path(node.take(), "/");
    volume.source = anonymous_volume(container, volume.target);
    product.ledger.changed(
        node, "the volume without a name is called " + quote(volume.source) + ", and stays",
        "a tmpfs, where nothing shall stay");
    return volume;
  }
  if (parts.size() == 3) {
    for (const std::string& option : split(parts[2], ',')) {
      take_option(node, option, volume.read_only, product.ledger);
    }
  }
  volume.target = absolute_path(parts[1], "/");
  const char first = parts[0].empty() ? '\0' : parts[0][0];
  volume.named = first != '/' && first != '.' && first != '~' && first != '\0';
  if (volume.named) {
    volume.source = parts[0];
    node.take();
  } else {
    const VolumeTarget directory = host_directory(node, parts[0], product);
    volume.type = directory.type;
    volume.source = directory.source;
  }
  return volume;
}

void take_tmpfs_text(const Node& node, Draft& draft, Ledger& ledger) {
  const std::string text = node.take();
  const size_t colon = text.find(':');
  std::string size;
  bool read_only = false;
  if (colon != text.npos) {
    for (const std::string& option : split(text.substr(colon + 1), ',')) {
      if (option.starts_with("size=")) {
        size = size_of(option.substr(5)).value_or("");
      } else if (option == "ro") {
        read_only = true;
      } else if (option != "rw" && option != "noexec" && option != "nosuid" && option != "nodev") {
        ledger.lost(node, "the option " + quote(option) + " of a tmpfs has no counterpart",
                    "size is one that has");
      } else if (option == "noexec") {
        ledger.lost(node, "programs can be run from a tmpfs", "leave it out");
      }
    }
  }
  add_mount(draft, "tmpfs", "", absolute_path(text.substr(0, colon), "/"), read_only, size);
}

}  // namespace berth::importing
