// lxc.mount.entry: lines of a fstab, with targets below the container's root.
#include <algorithm>
#include <array>

#include "supervisor/import/lxc.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Options {
  bool bind = false;
  bool read_only = false;
  std::string size;
};

Options take_options(const Node& node, const std::string& text, Ledger& ledger) {
  constexpr std::array<std::string_view, 12> kNothing{
      "rw",     "defaults", "create=dir", "create=file", "nodev",    "nosuid",
      "noexec", "relatime", "noatime",    "relative",    "mode=755", "mode=1777"};
  Options options;
  for (const std::string& option : split(text, ',')) {
    if (option == "bind" || option == "rbind") {
      options.bind = true;
    } else if (option == "ro") {
      options.read_only = true;
    } else if (option == "optional") {
      ledger.changed(node, "a source that is missing is an error",
                     "take the mount out, or make it");
    } else if (option.starts_with("size=")) {
      options.size = size_of(option.substr(5)).value_or("");
    } else if (std::ranges::find(kNothing, option) == kNothing.end()) {
      ledger.lost(node, "the option " + quote(option) + " has no counterpart", "leave it out");
    } else if (option.starts_with("no")) {
      ledger.changed(node, "the option " + quote(option) + " is not applied", "leave it out");
    }
  }
  return options;
}

bool is_made_by_berth(const std::string& target) {
  constexpr std::array<std::string_view, 6> kOwn{"/proc",    "/sys",        "/dev",
                                                 "/dev/pts", "/dev/mqueue", "/dev/shm"};
  return std::ranges::find(kOwn, target) != kOwn.end();
}

void take_entry(const Node& node, LxcContainer& container) {
  Ledger& ledger = container.product.ledger;
  const std::vector<std::string> words = split_spaces(node.text());
  if (words.size() < 3) return ledger.senseless(node, "a line of a fstab");
  const std::string target =
      absolute_path(words[1].starts_with('/') ? words[1] : "/" + words[1], "/");
  if (is_made_by_berth(target)) {
    return ledger.note(node, "berth mounts " + target + " itself");
  }
  const Options options = take_options(node, words.size() > 3 ? words[3] : "", ledger);
  std::string source = words[0];
  for (size_t at = source.find("\\040"); at != source.npos; at = source.find("\\040")) {
    source.replace(at, 4, " ");
  }
  if (words[2] == "tmpfs") {
    node.take();
    add_mount(container.draft, "tmpfs", "", target, options.read_only, options.size);
  } else if (options.bind && source.starts_with('/')) {
    node.take();
    add_mount(container.draft, "bind", source, target, options.read_only);
  } else {
    ledger.lost(node, "a file system of type " + quote(words[2]) + " is not mounted",
                "mount it on the host, and use a bind mount");
  }
}

}  // namespace

bool take_lxc_mount(const Node& node, LxcContainer& container) {
  const std::string& key = node.key();
  if (key == "lxc.mount.entry") {
    take_entry(node, container);
  } else if (key == "lxc.mount.auto") {
    container.product.ledger.note(node, "berth mounts proc, sys and cgroup itself");
  } else if (key == "lxc.mount.fstab" || key == "lxc.mount") {
    container.product.ledger.lost(node, "the lines of another file are not read",
                                  "write each of them as lxc.mount.entry, and import again");
  } else {
    return false;
  }
  return true;
}

}  // namespace berth::importing
