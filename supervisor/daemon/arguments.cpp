#include "supervisor/daemon/arguments.h"

#include <filesystem>

namespace berth::daemon {

std::string_view usage() {
  return "Usage: berthd [--root DIR]\n"
         "\n"
         "Supervises the containers defined in /etc/berth/containers, in the foreground.\n"
         "\n"
         "  --root DIR   keep everything (etc/berth, run/berth, var/lib/berth, var/log/berth)\n"
         "               below DIR; BERTH_ROOT does the same\n"
         "  --version    print the version\n"
         "  --help       print this\n"
         "\n"
         "SIGTERM or SIGINT stops all containers in order, then berthd; SIGHUP executes\n"
         "the program that is on the disk now, while they run. Exit status: 0 stopped in order, 1 "
         "it cannot run, 2 usage.\n";
}

Result<Arguments> parse_arguments(const std::vector<std::string>& words,
                                  std::string_view environment_root) {
  Arguments arguments;
  std::string root(environment_root);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (i == 0 && word == "worker") {
      arguments.role = Arguments::Role::worker;
    } else if (i == 0 && word == "launcher") {
      arguments.role = Arguments::Role::launcher;
    } else if (word == "--help" || word == "-h") {
      arguments.role = Arguments::Role::help;
    } else if (word == "--version") {
      arguments.role = Arguments::Role::version;
    } else if (word.starts_with("--root=")) {
      root = word.substr(7);
    } else if (word == "--root") {
      if (++i == words.size()) return fail("--root: the directory is missing");
      root = words[i];
    } else {
      return fail("unknown argument \"" + word + "\" (see berthd --help)");
    }
  }
  if (!root.empty()) {
    std::error_code failure;
    const auto absolute = std::filesystem::absolute(root, failure).lexically_normal();
    if (failure) return fail("--root " + root + ": " + failure.message());
    arguments.paths = Paths::below(absolute.string());
  }
  return arguments;
}

}  // namespace berth::daemon
