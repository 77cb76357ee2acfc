#include "supervisor/runtime/interpreter_run.h"

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;

constexpr std::array<const char*, 4> kDirectories = {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};
constexpr int kNotFound = 127;

// Never the PATH of whoever started berthd. An absolute name is taken as it is.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name[0] == '/' ? name : "";
  for (const char* directory : kDirectories) {
    std::string path = directory + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t end = text.find('\0');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

unique_fd memfd_of(std::string_view content) {
  unique_fd memfd(::memfd_create("berth-input", MFD_CLOEXEC));
  while (memfd && !content.empty()) {
    const ssize_t count = ::write(memfd.get(), content.data(), content.size());
    if (count < 0) return {};
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (memfd) ::lseek(memfd.get(), 0, SEEK_SET);
  return memfd;
}

struct Ends {
  int input, output, errors;
};

// In the child of fork: no allocation, as after clone3.
[[noreturn]] void become(const char* path, char* const* argv, Ends ends, pid_t launcher) {
  static char path_variable[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  static char locale_variable[] = "LC_ALL=C.UTF-8";
  static char* environment[] = {path_variable, locale_variable, nullptr};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launcher) ::_exit(kNotFound);
  raw::reset_signal_dispositions(0);
  raw::clear_signal_mask();
  if (::dup2(ends.input, 0) < 0 || ::dup2(ends.output, 1) < 0 || ::dup2(ends.errors, 2) < 0) {
    ::_exit(kNotFound);
  }
  raw::close_range(3, ~0u, 0);
  ::execve(path, argv, environment);
  ::_exit(kNotFound);
}

// Until every writer has closed: the rest of an endless output is read and dropped.
void collect(int errors, Detail& detail) {
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(errors, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    detail.add({buffer, static_cast<std::size_t>(count)});
  }
}

int wait_for(pid_t child, Detail& detail) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) != 0) {
    if (errno != EINTR) return errno;
  }
  if (info.si_code == CLD_EXITED && info.si_status == 0) return 0;
  if (detail.size == 0) {
    detail.add(info.si_code == CLD_EXITED ? "exit status " : "signal ");
    detail.add_number(info.si_status);
  }
  return EREMOTEIO;
}

}  // namespace

int run_host_program(std::string_view argv, std::string_view input, int output, Detail& detail) {
  std::vector<std::string> words = split_words(argv);
  const std::string path = find_program(words[0]);
  if (path.empty()) {
    detail.add(words[0]);
    detail.add(": not found in /usr/sbin, /usr/bin, /sbin, /bin");
    return ENOENT;
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  const unique_fd standard_input = memfd_of(input);
  const unique_fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  int ends[2];
  if (!standard_input || !null || ::pipe2(ends, O_CLOEXEC) != 0) return errno;
  const unique_fd errors(ends[0]);
  unique_fd errors_out(ends[1]);

  const pid_t launcher = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    become(path.c_str(), pointers.data(),
           {standard_input.get(), output < 0 ? null.get() : output, errors_out.get()}, launcher);
  }
  errors_out.reset();
  collect(errors.get(), detail);
  return wait_for(child, detail);
}

}  // namespace berth::runtime
