// What reading definitions costs, over 10,000 files: all of them for the first time, again with
// nothing changed, and again with one of them changed. Processor time of one thread, in steps:
// reading (snapshot), parsing and validating (load), and what shall run (accept).
//
//   definitions_bench [FILES]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "supervisor/base/scope_exit.h"
#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"

namespace {

using namespace berth;
using namespace berth::definition;
namespace fs = std::filesystem;

constexpr int kRuns = 5;

std::string toml_of(int number) {
  const std::string text = std::to_string(number);
  return "# The " + text +
         "th shop.\n"
         "template = \"host\"\n"
         "command = [\"/usr/bin/serve\", \"--port\", \"8080\", \"--shop\", \"" +
         text +
         "\"]\n"
         "groups = [\"shop\"]\n"
         "user = \"1000:1000\"\n"
         "working_dir = \"/srv\"\n"
         "environment = { TZ = \"UTC\", SHOP = \"" +
         text +
         "\", LEVEL = \"info\" }\n"
         "stop_timeout = \"30s\"\n"
         "mounts = [{ type = \"bind\", source = \"/srv/shop" +
         text +
         "\", target = \"/data\" },\n"
         "          { type = \"tmpfs\", target = \"/tmp\", size = \"64M\" }]\n" +
         (number % 10 == 0 ? ""
                           : "depends_on = [\"c" + std::to_string(number - number % 10) + "\"]\n") +
         "\n[restart]\npolicy = \"always\"\nmax_delay = \"2m\"\n"
         "\n[healthcheck]\nhttp = \"http://127.0.0.1:8080/healthz\"\ninterval = \"5s\"\n"
         "\n[limits]\nmemory = \"512M\"\ncpus = 1.5\npids = 256\nulimits = { nofile = 65536 }\n"
         "\n[security]\ncap_drop = [\"all\"]\n";
}

std::string yaml_of(int number) {
  const std::string text = std::to_string(number);
  return "template: host\n"
         "command: [/usr/bin/serve, --port, \"8080\", --shop, \"" +
         text +
         "\"]\n"
         "groups: [shop]\n"
         "environment:\n  TZ: UTC\n  SHOP: \"" +
         text +
         "\"\n"
         "mounts:\n  - type: bind\n    source: /srv/shop" +
         text + "\n    target: /data\n" +
         "restart: always\n"
         "limits:\n  memory: 512M\n  pids: 256\n";
}

void write(const fs::path& root, int number, const std::string& more = "") {
  const bool yaml = number % 5 == 4;
  const std::string name = "c" + std::to_string(number) + (yaml ? ".yaml" : ".toml");
  std::ofstream(root / "etc/berth/containers" / name)
      << more << (yaml ? yaml_of(number) : toml_of(number));
}

double milliseconds_of(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

struct Times {
  double read = 0;
  double parse = 0;
  double settle = 0;
  [[nodiscard]] double all() const { return read + parse + settle; }
};

// One reading of everything; the best of several, since the machine may do other things.
Times measure(const Paths& paths, Cache* cache, AcceptedSet& accepted,
              const std::function<void()>& before) {
  Times best;
  for (int run = 0; run < kRuns; ++run) {
    before();
    Times times;
    Snapshot taken;
    LoadedSet loaded;
    times.read = milliseconds_of([&] { taken = snapshot(paths, true, cache); });
    times.parse = milliseconds_of([&] { loaded = load(taken, nullptr, cache); });
    times.settle = milliseconds_of([&] { accepted = accept(loaded, accepted); });
    if (run == 0 || times.all() < best.all()) best = times;
  }
  return best;
}

void print(const char* what, const Times& times) {
  std::printf("%-28s %8.1f ms: read %7.1f, parse and validate %7.1f, settle %7.1f\n", what,
              times.all(), times.read, times.parse, times.settle);
}

// As if everything had been read two seconds after it was written: until then files are read again.
void settle(Cache& cache) {
  for (auto& [unused, file] : cache.files) file.settled = true;
}

}  // namespace

int main(int argc, char** argv) {
  const int files = argc > 1 ? std::atoi(argv[1]) : 10000;
  std::string directory = fs::temp_directory_path() / "berth-bench-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return EXIT_FAILURE;
  const scope_exit remove([&] {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  });
  fs::create_directories(fs::path(directory) / "etc/berth/containers");
  for (int i = 0; i < files; ++i) write(directory, i);
  const Paths paths = Paths::below(directory);

  AcceptedSet accepted;
  print("all, for the first time", measure(paths, nullptr, accepted, [] {}));
  if (!accepted.problems.empty()) {
    std::fprintf(stderr, "%s\n", format(accepted.problems.front()).c_str());
    return EXIT_FAILURE;
  }
  Cache cache;
  accepted = accept(load(snapshot(paths, true, &cache), nullptr, &cache), {});
  print("nothing changed", measure(paths, &cache, accepted, [&] { settle(cache); }));
  int version = 0;
  print("one file changed", measure(paths, &cache, accepted, [&] {
          settle(cache);
          write(directory, 7, "# " + std::to_string(++version) + "\n");
        }));
  std::printf("(%d files, %zu containers accepted)\n", files, accepted.containers.size());
  return EXIT_SUCCESS;
}
