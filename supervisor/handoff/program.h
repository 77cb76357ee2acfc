// A program: the flat list of steps that a launcher, and after clone3 the child, carries out.
//
// Compiled by pure functions (runtime/, network/, storage/), sent to a launcher in a memfd, and
// interpreted there without allocation, locks or early return. A step's operands are numbers and
// offsets into an arena of text; descriptors live at numbers that the program itself chooses
// (slots), so that "/proc/self/fd/103" or a netlink attribute can be written down beforehand.
//
// Layout of the memfd: ProgramHeader, step_count Steps, arena_size bytes. Host byte order: both
// sides are the same binary on the same machine, and `version` is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::handoff {

inline constexpr std::uint32_t kProgramMagic = 0x62727468;  // "brth"
inline constexpr std::uint32_t kProgramVersion = 1;
inline constexpr int kFirstSlot = 100;  // slot k is descriptor kFirstSlot + k
inline constexpr int kSlotCount = 64;
inline constexpr std::uint32_t kMaxSteps = 4096;
inline constexpr std::uint32_t kMaxArena = 16u << 20;  // bytes
constexpr int slot(int index) { return kFirstSlot + index; }

// What a step does. Each takes what its comment names; `fd` and `fd2` are descriptor numbers
// (slots), `text` and `text2` arena strings, `value` and `value2` numbers. Relative texts are
// resolved below `fd2` where the comment says "at fd2"; when fd2 is -1 they have to be absolute.
// A descriptor that a step makes replaces what was in its slot. "Host only" steps stand before
// child_begin, "Child only" ones from there on, the others in either.
enum class Op : std::uint16_t {
  // Files. Any of them may carry kTolerateExists / kTolerateMissing.
  open_path,     // fd = openat2(fd2 or AT_FDCWD, text, flags value, resolve value2); O_CLOEXEC is
                 // added, the mode with O_CREAT is 0600
  close,         // close(fd)
  make_dir,      // mkdirat(fd2, text, mode value)
  make_path,     // mkdir -p text, mode value; absolute
  make_target,   // fd = O_PATH of text below root fd2 (openat2 RESOLVE_IN_ROOT), made when missing:
                 // a directory when value is 0, an empty file when it is 1, what descriptor value2
                 // is (a directory, or else an empty file) when it is 2; ".." is refused (EINVAL).
                 // kNoSymlinks: a symlink on the way is ELOOP. kReplaceSymlink: a symlink as last
                 // component is removed first
  write_file,    // open(text, O_WRONLY | O_NOFOLLOW), text2 in one write; absolute, or at fd2
  create_file,   // O_CREAT|O_TRUNC|O_NOFOLLOW text with content text2 and mode value, at fd2
  make_symlink,  // symlinkat(text, fd2, text2)
  make_fifo,     // mkfifoat(fd2, text, mode value)
  make_node,     // mknodat(fd2, text, mode value, device value2)
  make_device,   // in directory fd2, at relative path text2 (directories on the way are made), the
                 // same device as file text (absolute, of the host), with its mode and owner.
                 // ENODEV: it is no device. Host only
  copy_tree,     // copies what is in directory text into directory text2 (both absolute; text2 is
                 // made when missing): directories, files, links with owner, mode and times; others
                 // (devices, sockets, FIFOs) and other mounts' content are left out. When text
                 // is itself a file or link, it alone is copied; text2 has the same name. Host only
  remove_tree,  // removes text (which may be a file) and all below it, by descriptors, never across
                // a mount. Host only
  copy_file,    // the content of regular file text (absolute, of the host, at most value2 bytes:
                // EFBIG) becomes the new file text2 in directory fd2, mode value. Host only
  look_at_files,  // answers the questions about files in memfd fd (handoff/files.h). Host only
  remove_dir,     // rmdir(text)
  rename,         // renameat2(text, text2, flags value), both absolute. Host only

  // Mounts: mount(2)'s new interface.
  fs_open,     // fd = fsopen(text)
  fs_config,   // fsconfig(fd, SET_STRING text=text2); SET_FLAG text when text2 is empty. The
               // kernel takes at most 255 characters: longer paths as /proc/self/fd/SLOT
  fs_mount,    // fsconfig(fd, CREATE), then fd2 = fsmount(fd, attributes value)
  clone_tree,  // fd = open_tree(fd2, "", OPEN_TREE_CLONE | AT_RECURSIVE if value), or of absolute
               // text when fd2 is -1. The clone is made private: nothing propagates into it
  set_attr,    // mount_setattr(fd, AT_RECURSIVE if kRecursive, set value, clear value2)
  attach,      // move_mount(fd onto fd2), or onto absolute text when fd2 is -1
  detach,      // umount2(text, MNT_DETACH | UMOUNT_NOFOLLOW), absolute, until nothing is mounted
               // there; nothing mounted at all is no error. With kAlways for assembled trees
  mask,        // covers text below the current root: a directory with an empty read-only tmpfs,
               // a file with /dev/null; a missing one is no error. Child only, after pivot
  read_only,   // makes text below the current root read-only; missing is no error. Child only
  pivot,       // fchdir(fd), pivot_root(".", "."), umount2(".", MNT_DETACH), chdir("/"). Child
               // only. A descriptor from before clone3 is of the launcher's mount namespace and
               // cannot be pivoted to (EINVAL): open it in the child, or give absolute text
               // with fd -1

  // Cgroups.
  enable_controllers,  // turns controllers on for the children of cgroup text (v2): text2 is words,
                       // the ones behind "|" only where that works. All in one write: one after
                       // the other they would, in a cgroup that holds processes, leave it threaded
                       // and its children unusable. There it is EBUSY. Host only
  write_any,           // into directory text: text2 is pairs of a file's name and a content
  // (NUL-separated), of which those are written whose file is there. ENOENT when
  // none is. Host only
  write_device,   // writes "MAJOR:MINOR REST" into text; text2 is a block device's path, a NUL and
                  // the rest. ENOTBLK: it is none; EINVAL: a partition. Host only
  cgroup_reset,   // writes into file text2 of cgroup text what a new cgroup beside it has there.
                  // A file that cannot be read has nothing to go back to. Host only
  limit_devices,  // lets cgroup text use the devices of text2 (NUL-separated, "c 1:3 rwm" or
                  // "/dev/fuse rw") and no others: value 1, a v1 cgroup of the devices
                  // controller; value 2, a v2 cgroup, by a BPF program. Host only
  unlock_pty,   // fd is a pty's master, as opening a devpts's ptmx makes one: lets it be used, and
                // opens its other end as fd2. Host only
  cgroup_join,  // writes "0" to text (a v1 `tasks` file, or cgroup.procs)
  cgroup_remove,  // kills what is in text (cgroup.kill where there is one), waits until it is empty
                  // for at most value milliseconds (then ETIMEDOUT), removes it and its children;
                  // a v1 directory is only waited for and removed; a missing one is success. Host
                  // only

  // Namespaces and network.
  new_netns,  // fd = a new network namespace
  set_ns,     // setns(fd, type value). On the host only a network namespace (CLONE_NEWNET), so
              // that /proc/sys/net of it can be written, or a pid namespace (CLONE_NEWPID, fd a
              // pidfd), so that a spawned child is born into it; fd -1 or the program's end return
  unshare,    // unshare(value). Child only
  netlink_open,  // fd = a NETLINK_ROUTE socket in network namespace fd2 (-1: the host's)
  netlink,       // sends text (bytes: one or several nlmsghdr, each with NLM_F_ACK) on fd, waits
                 // for all acknowledgements; the first error counts
  host_name,     // sethostname(text). Child only

  // What goes to others.
  run,    // runs a host program: text is its argv (NUL-separated), text2 its input; output
          // to fd (-1: none); its error output becomes the reply's detail; fails with
          // EREMOTEIO on a status other than 0. Host only
  hold,   // gives fd to the keeper to keep, as kind value, for launch_id. Host only
  give,   // returns what fd is now to the worker with the reply, in order; the slot may be used
          // again. Host only, 15 at most
  spawn,  // clone3(CLONE_PARENT | CLONE_PIDFD | value, CLONE_INTO_CGROUP fd when >= 0): the
          // child carries out the steps from child_begin on. It starts with 0, 1 and 2 on
          // /dev/null and all slots; when it has called execve, or failed, the host's next
          // step follows. Namespace flags only. Host only, once at most; with kAlways never

  inspect,  // fails unless text (absolute, of the host) is what value says: 0 a device (ENODEV), 1
            // a block device (ENOTBLK), 2 a file that root can execute (EACCES). Host only
  load_filter,  // reads a seccomp profile of the OCI format from text and makes it a filter, which
                // `filter` without a text installs. Host only

  // The child on itself.
  new_session,   // setsid, and a new session keyring
  set_umask,     // umask(value)
  work_dir,      // chdir(text), checked to lie inside the container's mounts
  set_rlimit,    // setrlimit(resource fd, soft value, hard value2); RLIMIT_NOFILE below what set-up
                 // itself needs takes effect at `execute`
  score_adjust,  // oom_score_adj = value (signed); before pivot
  find_user,     // text "user[:group]": looked up in /etc/passwd and /etc/group below the current
                 // root; "" is 0:0. Also finds HOME for `execute`. ENOENT: no such user or group;
                 // ERANGE: an id out of range
  own,           // fchown(fd, the user found); with a text, of that file in directory fd
  duplicate,     // dup2(fd, fd2); fd2 may be 0, 1, 2 in the child
  close_from,    // close_range(value, ~0), but for what the child needs until execve
  set_user,      // setgroups, setgid, setuid of the user found, keeping capabilities until set_caps
  bound_caps,    // drops from the bounding set all but the mask value
  set_caps,      // permitted and effective = mask value, inheritable and ambient = mask value2
  no_new_privs,
  not_dumpable,
  filter,         // installs the seccomp program text (an array of sock_filter), or without a text
                  // the one of load_filter
  reset_signals,  // default dispositions, empty mask
  execute,        // execve: text = candidates for the path (NUL-separated), text2 = arguments; the
                  // environment is the program's env (see ProgramHeader), with HOME of the user
                  // found when it has none. Signals are reset and all descriptors from 3 on closed.
                  // The child's last step, always
  count_
};

enum StepFlags : std::uint16_t {
  kTolerateExists = 1,   // EEXIST is success
  kTolerateMissing = 2,  // ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL are success
  kTolerateAll = 4,      // best effort: no failure ends the program
  kRecursive = 8,
  kAlways = 16,          // a host step that is run after an earlier one (or the child) failed, too:
                         // clean-up. The first failure is the one that is reported
  kNoSymlinks = 32,      // make_target: see there
  kReplaceSymlink = 64,  // make_target: see there
};

struct Text {
  std::uint32_t offset = 0;  // into the arena; texts end with a NUL that size does not count
  std::uint32_t size = 0;
};

struct Step {
  Op op{};
  std::uint16_t flags = 0;
  std::int32_t fd = -1;
  std::int32_t fd2 = -1;
  Text text;
  Text text2;
  std::uint64_t value = 0;
  std::uint64_t value2 = 0;
};
static_assert(sizeof(Step) == 48);

struct ProgramHeader {
  std::uint32_t magic = kProgramMagic;
  std::uint32_t version = kProgramVersion;
  std::uint64_t launch_id = 0;  // what `hold` and `spawn` are told to the keeper under
  std::uint32_t step_count = 0;
  std::uint32_t child_begin = 0;  // the first step of the child; step_count when there is none
  std::uint32_t arena_size = 0;
  std::uint32_t fd_count = 0;  // descriptors sent along: they become slots 0, 1, 2, ...
  Text environment;            // NAME=value entries, a NUL between each two
  // Written by launcher and child (the mapping is shared): the step under way, so that a program
  // that hangs can be told by the step it hangs at.
  std::uint32_t progress = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(ProgramHeader) == 48);

// Where a step came from, for its failure's message. Stays with the worker.
struct Origin {
  std::string what;  // "mounts[0].source: /srv/shop" or "create cgroup"
  std::string file;  // the definition's file; empty when no key asked for the step
  unsigned line = 0;
  unsigned column = 0;
};

// A program being built, or built. A value: tests compare and print it.
class Program {
 public:
  struct Operands {
    int fd = -1;
    int fd2 = -1;
    std::string_view text;
    std::string_view text2;
    std::uint64_t value = 0;
    std::uint64_t value2 = 0;
    std::uint16_t flags = 0;
  };

  // All steps added from now on come from here.
  void from(Origin origin);
  void add(Op op, const Operands& operands);
  // All steps added from now on are the child's.
  void begin_child();
  void set_environment(std::string_view block);
  void set_launch_id(std::uint64_t launch_id) { launch_id_ = launch_id; }
  void set_fd_count(int count) { fd_count_ = count; }
  // Appends another program's host steps. Only before begin_child.
  void append(const Program& other);

  [[nodiscard]] std::span<const Step> steps() const { return steps_; }
  [[nodiscard]] std::uint32_t child_begin() const {
    return has_child_ ? child_begin_ : static_cast<std::uint32_t>(steps_.size());
  }
  [[nodiscard]] std::string_view text(Text text) const;
  [[nodiscard]] const Origin& origin(std::size_t step) const;
  // One line a step: "12 attach fd=103 fd2=104  # mounts[0]". For tests and --debug logs.
  [[nodiscard]] std::string listing() const;
  // The bytes of the memfd.
  [[nodiscard]] std::string serialize() const;
  // The memfd itself, ready to be sent: its size is sealed, its content cannot be, because the
  // progress is written there.
  [[nodiscard]] Result<unique_fd> to_memfd() const;

 private:
  Text put(std::string_view bytes);

  std::vector<Step> steps_;
  std::vector<std::uint32_t> step_origins_;
  std::vector<Origin> origins_;
  std::string arena_ = std::string(1, '\0');
  std::uint64_t launch_id_ = 0;
  std::uint32_t child_begin_ = 0;
  bool has_child_ = false;
  int fd_count_ = 0;
  Text environment_;
};

std::string_view name_of(Op op);

// The step that a program's launcher or child is at, read from the program's memfd.
Result<std::uint32_t> progress_of(int memfd);

}  // namespace berth::handoff
