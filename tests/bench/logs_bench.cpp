// How fast one log pump moves a container's output into its log files, by the shape of its lines:
// megabytes of payload a second, and the time of the longest single call, which is what a flood
// costs a turn of the loop. Real FIFOs and files in a temporary directory; one thread.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/logs/log_pump.h"

namespace {

using namespace berth;
using namespace berth::logs;

std::size_t turns = 4096;  // of 64 KiB each

unique_fd make_fifo(const std::string& path) {
  ::mkfifo(path.c_str(), 0600);
  return unique_fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
}

// 64 KiB of lines of `length` bytes, newlines included.
std::string lines_of(std::size_t length) {
  std::string block;
  while (block.size() < kPumpBudget) block += std::string(length - 1, 'x') + "\n";
  block.resize(kPumpBudget);
  return block;
}

Result<void> measure(const Paths& paths, const unique_fd& fifo, const char* what,
                     std::size_t line_length, const LoggingSpec& spec) {
  LogPump pump = TRY(LogPump::open(paths, "bench", spec));
  PumpBuffer buffer;
  const std::string block = lines_of(line_length);
  Duration total{};
  Duration longest{};
  std::size_t bytes = 0;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    if (::write(fifo.get(), block.data(), block.size()) < 0) return fail_errno("cannot write");
    const Instant begin = BootClock::now();
    bytes += TRY(pump.pump(Stream::out, kPumpBudget, buffer, wall_now())).bytes;
    const Duration spent = BootClock::now() - begin;
    total += spent;
    longest = std::max(longest, spent);
  }
  const double seconds = std::chrono::duration<double>(total).count();
  std::printf("%-34s %8.0f MB/s   longest call %7.3f ms\n", what,
              static_cast<double>(bytes) / 1e6 / seconds,
              std::chrono::duration<double, std::milli>(longest).count());
  return {};
}

Result<void> measure_all(const std::string& directory) {
  const Paths paths = Paths::below(directory);
  std::filesystem::create_directories(paths.run_of("bench"));
  const unique_fd out = make_fifo(paths.run_of("bench") + "/stdout");
  const unique_fd err = make_fifo(paths.run_of("bench") + "/stderr");
  if (!out || !err) return fail_errno("cannot make the FIFOs");
  const LoggingSpec file;
  const LoggingSpec small_files{.max_size = Bytes{64 * 1024}};
  const LoggingSpec none{.driver = LogDriver::none};
  TRY(measure(paths, out, "lines of 16 bytes", 16, file));
  TRY(measure(paths, out, "lines of 80 bytes", 80, file));
  TRY(measure(paths, out, "lines of 1 KiB", 1024, file));
  TRY(measure(paths, out, "no newline at all", kPumpBudget + 1, file));
  TRY(measure(paths, out, "lines of 80 bytes, 64 KiB files", 80, small_files));
  TRY(measure(paths, out, "nothing but newlines", 1, file));
  TRY(measure(paths, out, "lines of 80 bytes, driver none", 80, none));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) turns = static_cast<std::size_t>(std::max(1, std::atoi(argv[1])));
  std::string directory = std::filesystem::temp_directory_path() / "berth-bench-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return EXIT_FAILURE;
  const scope_exit remove([&] {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  });
  if (const auto measured = measure_all(directory); !measured) {
    std::fprintf(stderr, "logs_bench: %s\n", measured.error().message().c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
