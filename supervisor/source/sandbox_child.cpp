// become_confined: the child's part of run_confined, from a copy of root's process to the program.
// Each stage gives something up; a stage that fails is reported, and nothing is run.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/kernel/raw.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {
namespace {

namespace raw = kernel::raw;

constexpr int kCannotExecute = 127;
constexpr std::uint64_t kMemoryMax = 2ULL << 30;  // of each process's address space
constexpr std::uint64_t kProcessesMax = 64;       // of the user
constexpr std::uint64_t kDescriptorsMax = 256;
constexpr std::uint64_t kCpuSecondsMax = 300;

// The host's programs and libraries; what a host lacks is passed over.
constexpr std::array kProgramDirectories{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"};
// What TLS, name resolution and the dynamic loader read. Links among them are followed.
constexpr std::array kSettings{"/etc/ssl/certs",    "/etc/ssl/openssl.cnf", "/etc/pki/tls",
                               "/etc/pki/ca-trust", "/etc/gnutls",          "/etc/crypto-policies",
                               "/etc/hosts",        "/etc/resolv.conf",     "/etc/nsswitch.conf",
                               "/etc/gai.conf",     "/etc/host.conf",       "/etc/services",
                               "/etc/protocols",    "/etc/ld.so.cache",     "/etc/localtime"};
constexpr std::array kDevices{"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"};

class Child {
 public:
  Child(const Sandbox& sandbox, const Command& command, int report)
      : sandbox_(sandbox), command_(command), report_(report) {}

  [[noreturn]] void run() {
    ::umask(022);
    build_root();
    enter_root();
    limit();
    drop_privileges();
    start();
  }

 private:
  [[noreturn]] void fail_with(const std::string& what, int code) {
    const std::string text = "cannot " + what + ": " + std::strerror(code);
    if (::write(report_, text.data(), text.size()) < 0) ::_exit(kCannotExecute);
    ::_exit(kCannotExecute);
  }
  // result: of a call that answers -1 and errno.
  void must(int result, const std::string& what) {
    if (result < 0) fail_with(what, errno);
  }
  // result: of a raw call, which answers the negated errno.
  int must_raw(int result, const std::string& what) {
    if (result < 0) fail_with(what, -result);
    return result;
  }

  [[nodiscard]] std::string inside(const std::string& path) const { return sandbox_.root + path; }

  void make_directories(const std::string& path) {
    for (std::size_t at = 0; (at = path.find('/', at + 1)) != std::string::npos;) {
      const std::string part = inside(path.substr(0, at));
      if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) fail_with("make " + part, errno);
    }
  }

  // attributes: kMount* bits. A target that is missing is made.
  void bind(const std::string& source, const std::string& target, std::uint64_t attributes) {
    const std::string what = "bind " + source;
    const unsigned recursive = AT_RECURSIVE | raw::kOpenTreeClone;
    const int tree = must_raw(raw::open_tree(AT_FDCWD, source.c_str(), recursive), what);
    must_raw(raw::mount_setattr(tree, true, attributes, 0, MS_PRIVATE), what);
    struct stat status{};
    must(::fstat(tree, &status), what);
    make_directories(target);
    const std::string place = inside(target);
    if (S_ISDIR(status.st_mode)) {
      if (::mkdir(place.c_str(), 0755) != 0 && errno != EEXIST) fail_with("make " + place, errno);
    } else {
      const int file = ::open(place.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
      must(file, "make " + place);
      ::close(file);
    }
    must_raw(raw::move_mount(tree, "", AT_FDCWD, place.c_str(), raw::kMoveMountFromEmptyPath),
             what);
    ::close(tree);
  }

  void plant(const PlantedFile& planted) {
    const std::string what = "write " + planted.path;
    make_directories(planted.path);
    const std::string place = inside(planted.path);
    const int file = ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(file, what);
    const ssize_t written = ::write(file, planted.content.data(), planted.content.size());
    if (written < 0) fail_with(what, errno);
    if (static_cast<std::size_t>(written) != planted.content.size()) fail_with(what, ENOSPC);
    if (planted.secret) must(::fchown(file, sandbox_.ids.uid, sandbox_.ids.gid), what);
    must(::fchmod(file, planted.secret ? 0400 : 0444), what);
    ::close(file);
  }

  // On a host with a merged /usr, /bin is a link into it.
  void bind_programs(const char* directory) {
    struct stat status{};
    if (::lstat(directory, &status) != 0) return;
    if (!S_ISLNK(status.st_mode)) {
      bind(directory, directory, raw::kMountReadOnly | raw::kMountNoSuid | raw::kMountNoDev);
      return;
    }
    std::array<char, 256> target{};
    must(static_cast<int>(::readlink(directory, target.data(), target.size() - 1)),
         std::string("read ") + directory);
    must(::symlink(target.data(), inside(directory).c_str()), std::string("link ") + directory);
  }

  void build_root() {
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "part the mounts");
    must(::mount("berth-sync", sandbox_.root.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 "mode=755,size=16m,nr_inodes=4096"),
         "mount a root directory");
    for (const char* directory : kProgramDirectories) bind_programs(directory);
    constexpr std::uint64_t kLocked = raw::kMountReadOnly | raw::kMountNoSuid | raw::kMountNoExec;
    for (const char* file : kSettings) {
      if (::access(file, F_OK) == 0) bind(file, file, kLocked | raw::kMountNoDev);
    }
    for (const char* device : kDevices) {
      if (::access(device, F_OK) == 0) bind(device, device, kLocked);
    }
    for (const PlantedFile& file : sandbox_.files) plant(file);
    for (const Bind& each : sandbox_.binds) {
      bind(each.source, each.target,
           raw::kMountNoSuid | raw::kMountNoDev | raw::kMountNoExec |
               (each.writable ? 0 : raw::kMountReadOnly));
    }
    make_directories("/tmp/");
  }

  void enter_root() {
    must(::chdir(sandbox_.root.c_str()), "enter the root directory");
    must_raw(raw::pivot_root(".", "."), "change the root directory");
    must(::umount2(".", MNT_DETACH), "leave the host's root directory");
    must(::chdir("/"), "enter the root directory");
    const int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(root, "open the root directory");
    must_raw(raw::mount_setattr(root, false, raw::kMountReadOnly, 0, 0), "lock the root directory");
    ::close(root);
  }

  void limit_one(int resource, std::uint64_t most, const char* what) {
    rlimit limit{};
    must(::getrlimit(static_cast<__rlimit_resource>(resource), &limit), what);
    limit.rlim_max = std::min<rlim_t>(limit.rlim_max, most);
    limit.rlim_cur = limit.rlim_max;
    must(::setrlimit(static_cast<__rlimit_resource>(resource), &limit), what);
  }

  void limit() {
    limit_one(RLIMIT_FSIZE, sandbox_.file_bytes_max, "limit the size of files");
    limit_one(RLIMIT_NPROC, kProcessesMax, "limit processes");
    limit_one(RLIMIT_NOFILE, kDescriptorsMax, "limit descriptors");
    limit_one(RLIMIT_CPU, kCpuSecondsMax, "limit processor time");
    limit_one(RLIMIT_CORE, 0, "limit core files");
    limit_one(RLIMIT_MEMLOCK, 0, "limit locked memory");
    limit_one(RLIMIT_MSGQUEUE, 0, "limit message queues");
  }

  void drop_privileges() {
    must_raw(raw::join_new_session_keyring(), "leave the session's keys");
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
      must(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "drop capabilities");
    }
    must_raw(raw::setgroups(0, nullptr), "leave all groups");
    must_raw(raw::setresgid(sandbox_.ids.gid), "change the group");
    must_raw(raw::setresuid(sandbox_.ids.uid), "change the user");
    must_raw(raw::capset(0, 0, 0), "drop capabilities");
    must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges");
    // This process has a copy of root's memory: nobody of the same user may look into it.
    must(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hide memory");
    // After the change of the user, which clears it.
    must(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "be bound to the caller");
    pollfd reader{report_, 0, 0};
    if (::poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0) ::_exit(kCannotExecute);
    if (const int code = install_filter(); code != 0) fail_with("filter system calls", code);
  }

  // This process stays process 1 of its namespace, so that signals have their usual meaning for
  // the program and orphans are reaped; when it ends, the kernel kills whatever is left.
  [[noreturn]] void start() {
    const pid_t program = ::fork();
    must(program, "start a process");
    if (program == 0) execute();
    raw::close_range(0, ~0u, 0);
    for (;;) {
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, 0);
      if (ended < 0 && errno != EINTR) ::_exit(kCannotExecute);
      if (ended != program) continue;
      ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
  }

  [[noreturn]] void execute() {
    std::vector<char*> words;
    for (const std::string& word : command_.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    std::vector<char*> environment;
    for (const std::string& each : command_.environment) {
      environment.push_back(const_cast<char*>(each.c_str()));
    }
    environment.push_back(nullptr);
    environ = environment.data();
    limit_one(RLIMIT_AS, kMemoryMax, "limit memory");
    ::execvp(words[0], words.data());
    fail_with("run " + command_.words[0], errno);
  }

  const Sandbox& sandbox_;
  const Command& command_;
  int report_;
};

}  // namespace

void become_confined(const Sandbox& sandbox, const Command& command, int report) {
  Child(sandbox, command, report).run();
}

}  // namespace berth::source
