#include "supervisor/kernel/cgroup.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace berth::kernel {
namespace {

struct Mount {
  std::string root;  // what part of the file system is mounted
  std::string point;
  std::string type;
  std::string options;  // the file system's own
};

// mountinfo writes space, tab, newline and backslash as \040 and so on.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:3 - tmpfs tmpfs rw,mode=755"
Mount parse_mount(const std::string& line) {
  std::istringstream words(line);
  std::string id, parent, device, root, point, word;
  Mount mount;
  words >> id >> parent >> device >> root >> point;
  while (words >> word && word != "-") {
  }
  std::string source;
  words >> mount.type >> source >> mount.options;
  mount.root = unescaped(root);
  mount.point = unescaped(point);
  return mount;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// Words among a v1 mount's options that are not controllers.
bool is_controller(const std::string& option) {
  static const std::set<std::string> kOthers = {"rw",   "ro",       "xattr",
                                                "none", "noprefix", "clone_children"};
  return option.find('=') == std::string::npos && !kOthers.contains(option);
}

Result<std::string> read_all(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail_errno("cannot open " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

Result<CgroupLayout> parse_cgroup_layout(std::string_view mountinfo, std::string_view controllers) {
  CgroupLayout layout;
  bool tracking_is_whole = false;
  bool systemd_is_whole = false;
  std::map<std::string, bool> whole;  // a mount of the root is preferred to one of a part
  for (const std::string& line : split(std::string(mountinfo), '\n')) {
    const Mount mount = parse_mount(line);
    const bool is_root = mount.root == "/";
    if (mount.type == "cgroup2") {
      if (layout.tracking.empty() || (is_root && !tracking_is_whole)) {
        layout.tracking = mount.point;
        tracking_is_whole = is_root;
      }
    } else if (mount.type == "cgroup") {
      for (const std::string& option : split(mount.options, ',')) {
        if (option == "name=systemd" &&
            (layout.systemd.empty() || (is_root && !systemd_is_whole))) {
          layout.systemd = mount.point;
          systemd_is_whole = is_root;
        }
        if (!is_controller(option)) continue;
        if (layout.v1.contains(option) && (whole[option] || !is_root)) continue;
        layout.v1[option] = mount.point;
        whole[option] = is_root;
      }
    }
  }
  if (layout.tracking.empty()) {
    return fail(
        "no cgroup v2 tree is mounted: mount one (mount -t cgroup2 none "
        "/sys/fs/cgroup/unified)");
  }
  std::istringstream words{std::string(controllers)};
  for (std::string word; words >> word;) layout.v2.insert(word);
  return layout;
}

Result<CgroupLayout> detect_cgroup_layout() {
  const std::string mountinfo = TRY(read_all("/proc/self/mountinfo"));
  const CgroupLayout without = TRY(parse_cgroup_layout(mountinfo, ""));
  const std::string controllers = TRY(read_all(without.tracking + "/cgroup.controllers"));
  return parse_cgroup_layout(mountinfo, controllers);
}

}  // namespace berth::kernel
