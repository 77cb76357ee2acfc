// Running one program where it can harm nobody: git reads what strangers send.
//
// The program is an unprivileged process in mount, pid, ipc, uts and (unless it has to fetch)
// network namespaces of its own. Its root directory is an empty tmpfs with read-only copies of the
// host's programs and libraries, the files that are planted there, and the directories that are
// bound; nothing else of the host can be seen. It has no capabilities, gains none by execve, and
// a seccomp filter keeps it from the calls that make namespaces, mounts, keys or tracers. Its
// memory, files, processes and time are limited. When the caller dies, so does it, and with process
// 1 of its pid namespace everything that it started.
//
// Needs root (CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"

namespace berth::source {

struct Ids {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Bind {
  std::string source;  // of the host
  std::string target;  // in the program's root; made when it is missing
  bool writable = false;
};

struct PlantedFile {
  std::string path;  // in the program's root
  std::string content;
  bool secret = false;  // readable by the program alone (a private key wants that), else by all
};

struct Sandbox {
  Ids ids;
  std::string root;  // an empty directory, where the program's root is mounted in its namespace
  std::vector<Bind> binds;
  std::vector<PlantedFile> files;
  bool network = false;                    // the caller's network namespace instead of an empty one
  std::uint64_t file_bytes_max = 1 << 20;  // of each file that it writes (RLIMIT_FSIZE)
  // What the writable directory may hold in all; the program is killed when it is seen to hold
  // more. 0 bytes: nothing is watched.
  std::string watched_directory;
  std::uint64_t watched_bytes_max = 0;
};

struct Command {
  std::vector<std::string> words;  // words[0] is looked for in the program's PATH
  std::vector<std::string> environment;
  std::string input;                 // its standard input
  std::size_t output_max = 1 << 20;  // of standard output; a program that says more is killed
};

enum class Stopped { no, too_late, too_much_output, too_much_written };

struct Ended {
  int exit_code = -1;  // 128 and the signal's number when one killed it
  Stopped stopped = Stopped::no;
  std::string output;
  std::string errors;  // the last 16 KiB of standard error
  [[nodiscard]] bool well() const { return stopped == Stopped::no && exit_code == 0; }
};

// Runs it to its end, or kills it at the deadline. An error: it could not be started.
Result<Ended> run_confined(const Sandbox& sandbox, const Command& command, Instant deadline);

// Not for callers: what happens in the child between clone3 and the program's end. Descriptors 0,
// 1 and 2 are the program's already, `report` takes what went wrong, everything else is closed.
[[noreturn]] void become_confined(const Sandbox& sandbox, const Command& command, int report);
// Keeps this process and its children from what no git needs. Needs no_new_privs. The errno.
int install_filter() noexcept;

}  // namespace berth::source
