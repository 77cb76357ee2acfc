#include "supervisor/runtime/interpreter_limits.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/runtime/interpreter_files.h"

namespace berth::runtime {
namespace {

using handoff::Step;

constexpr std::size_t kFileMost = 4096;  // of a cgroup's file that can be written: one page

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t end = text.find(separator);
    if (end != 0 && !text.empty()) words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

std::string with_plus(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "+" : " +") + name;
  return out;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  for (const std::string& one : names) {
    // The kernel's list ends with a newline.
    if (std::string_view(one).substr(0, one.find('\n')) == name) return true;
  }
  return false;
}

int write_into(const std::string& file, std::string_view content) {
  return write_whole(AT_FDCWD, file.c_str(), content);
}

// One after the other: what must be, and then what may be.
int enable_each(const std::string& file, const std::vector<std::string>& needed,
                const std::vector<std::string>& wished, Detail& detail) {
  for (const std::string& name : needed) {
    if (const int error = write_into(file, "+" + name); error != 0) {
      detail.add("cannot turn the controller " + name + " on in " + file + ": ");
      detail.add(std::generic_category().message(error));
      return error;
    }
  }
  for (const std::string& name : wished) write_into(file, "+" + name);
  return 0;
}

// A partition's directory in sysfs lies in its disk's.
std::string disk_of(unsigned major, unsigned minor) {
  const std::string link = "/sys/dev/block/" + std::to_string(major) + ":" + std::to_string(minor);
  if (::access((link + "/partition").c_str(), F_OK) != 0) return {};
  std::error_code failure;
  const auto directory = std::filesystem::canonical(link, failure);
  return failure ? "its disk" : "/dev/" + directory.parent_path().filename().string();
}

// Nothing when it cannot be read: then it is a switch, not a setting.
std::pair<bool, std::string> content_of(const std::string& file) {
  const unique_fd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  char text[kFileMost];
  const ssize_t size = fd ? ::read(fd.get(), text, sizeof(text)) : -1;
  if (size < 0) return {false, {}};
  return {true, std::string(text, static_cast<std::size_t>(size))};
}

// What a file shows is not always what it takes: some show a line for each resource and take one
// at a time, some begin with the name of what they take (memory.oom_control).
int write_back(const std::string& file, const std::string& shown) {
  const int error = write_into(file, shown.empty() ? "\n" : shown);
  const std::vector<std::string> lines = split(shown, '\n');
  if (error != EINVAL || lines.empty()) return error;
  bool all = true;
  for (const std::string& line : lines) all = all && write_into(file, line) == 0;
  if (all) return 0;
  const std::vector<std::string> words = split(lines.front(), ' ');
  return words.empty() ? error : write_into(file, words.back());
}

}  // namespace

int enable_controllers(const StepContext& context, const Step& step) {
  const std::string cgroup(context.program.view(step.text));
  const std::string file = cgroup + "/cgroup.subtree_control";
  const std::string_view names = context.program.view(step.text2);
  const std::size_t bar = std::min(names.find('|'), names.size());
  const auto needed = split(names.substr(0, bar), ' ');
  auto wished = split(names.substr(std::min(bar + 1, names.size())), ' ');
  const auto there = split(content_of(cgroup + "/cgroup.controllers").second, ' ');
  std::erase_if(wished, [&](const std::string& name) { return !contains(there, name); });
  std::vector<std::string> all = needed;
  all.insert(all.end(), wished.begin(), wished.end());
  if (all.empty()) return 0;
  const int error = write_into(file, with_plus(all));
  if (error != EBUSY) return error == 0 ? 0 : enable_each(file, needed, wished, *context.detail);
  // Nothing else can be had here than what is turned on already.
  const auto on = split(content_of(file).second, ' ');
  if (std::ranges::all_of(needed, [&](const std::string& name) { return contains(on, name); })) {
    return 0;
  }
  context.detail->add("the cgroup " + cgroup +
                      " holds processes itself, so that nothing below it can be limited: set "
                      "cgroup in berthd.toml to another place");
  return EBUSY;
}

int write_any(const StepContext& context, const Step& step) {
  const std::string directory(context.program.view(step.text));
  const auto words = split(context.program.view(step.text2), '\0');
  bool found = false;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const int error = write_into(directory + "/" + words[i], words[i + 1]);
    if (error != 0 && error != ENOENT) return error;
    found = found || error == 0;
  }
  if (found) return 0;
  context.detail->add("this host's kernel cannot: it has no ");
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (i != 0) context.detail->add(" and no ");
    context.detail->add(words[i]);
  }
  return ENOENT;
}

int write_device(const StepContext& context, const Step& step) {
  const char* const path = context.program.text(step.text2);
  const std::string_view whole = context.program.view(step.text2);
  const std::string_view device = path;
  struct stat status{};
  if (::stat(path, &status) != 0) return errno;
  if (!S_ISBLK(status.st_mode)) return ENOTBLK;
  const unsigned device_major = major(status.st_rdev);
  const unsigned device_minor = minor(status.st_rdev);
  if (const std::string disk = disk_of(device_major, device_minor); !disk.empty()) {
    context.detail->add(device);
    context.detail->add(" is a partition, and the kernel limits whole disks: use " + disk);
    return EINVAL;
  }
  const std::string_view rest = whole.substr(std::min(whole.size(), device.size() + 1));
  return write_into(
      std::string(context.program.view(step.text)),
      std::to_string(device_major) + ":" + std::to_string(device_minor) + " " + std::string(rest));
}

int cgroup_reset(const StepContext& context, const Step& step) {
  const std::string cgroup(context.program.view(step.text));
  const std::string name(context.program.view(step.text2));
  // Called like a container that cannot be: what a launcher that was killed leaves is removed with
  // an earlier berthd's containers.
  const std::string scratch =
      cgroup.substr(0, cgroup.rfind('/')) + "/c-.scratch-" + std::to_string(::getpid());
  if (::mkdir(scratch.c_str(), 0755) != 0 && errno != EEXIST) return errno;
  const scope_exit remove([&scratch] { ::rmdir(scratch.c_str()); });
  const auto [readable, content] = content_of(scratch + "/" + name);
  return readable ? write_back(cgroup + "/" + name, content) : 0;
}

}  // namespace berth::runtime
