// The keys of LXC that are known to have no counterpart, by their beginnings.
#include <array>

#include "supervisor/import/lxc.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct LostRow {
  std::string_view prefix;
  Loss loss;
  const char* what;
  const char* instead;
};
constexpr std::array kLost{
    LostRow{"lxc.arch", Loss::note, "a container is of the host's architecture", ""},
    LostRow{"lxc.rootfs.options", Loss::lost, "the root file system is mounted without options",
            "mount it so on the host"},
    LostRow{"lxc.rootfs.managed", Loss::note, "the root file system stays whatever happens", ""},
    LostRow{"lxc.rootfs.backend", Loss::note, "rootfs is a directory, whatever is below it", ""},
    LostRow{"lxc.rootfs.mount", Loss::note, "where it is assembled is berth's choice", ""},
    LostRow{"lxc.autodev", Loss::note, "/dev is made by berth", ""},
    LostRow{"lxc.kmsg", Loss::note, "there is no /dev/kmsg inside", ""},
    LostRow{"lxc.tty", Loss::lost, "a container has no terminals of its own",
            "nsenter with the pid of berth ps"},
    LostRow{"lxc.pty.max", Loss::note, "terminals inside are made as they are asked for", ""},
    LostRow{"lxc.pts", Loss::note, "terminals inside are made as they are asked for", ""},
    LostRow{"lxc.console", Loss::lost, "there is no console; what is written is kept as a log",
            "berth logs"},
    LostRow{"lxc.apparmor", Loss::lost, "there are no profiles of a security module",
            "leave it out"},
    LostRow{"lxc.aa_", Loss::lost, "there are no profiles of a security module", "leave it out"},
    LostRow{"lxc.selinux", Loss::lost, "there are no labels of a security module", "leave it out"},
    LostRow{"lxc.seccomp", Loss::lost, "a filter in LXC's format is not read",
            "security.seccomp: the default one, or a file in the OCI format"},
    LostRow{"lxc.keyring", Loss::lost, "keyrings are not looked after", "leave it out"},
    LostRow{"lxc.start.delay", Loss::lost, "starts do not wait for a time",
            "depends_on, with condition = \"healthy\""},
    LostRow{"lxc.monitor", Loss::lost, "there is no monitor process", "berth wait"},
    LostRow{"lxc.signal.reboot", Loss::lost, "a restart is a stop and a start", "stop_signal"},
    LostRow{"lxc.signal.stop", Loss::note, "what does not end in time is killed", ""},
    LostRow{"lxc.ephemeral", Loss::lost, "the writable layer stays until the definition goes",
            "read_only, and a tmpfs where it writes"},
    LostRow{"lxc.namespace", Loss::lost, "namespaces are not shared by name",
            "network = \"host\", for that of the network"},
    LostRow{"lxc.hook", Loss::lost, "a program at this moment is not run",
            "hooks.pre_start or hooks.post_stop"},
    LostRow{"lxc.proc", Loss::lost, "nothing is written to the /proc of a container", "sysctls"},
    LostRow{"lxc.log", Loss::note, "the supervisor's own log is berthd's", ""},
    LostRow{"lxc.sched.core", Loss::lost, "core scheduling is not set", "leave it out"},
    LostRow{"lxc.time.offset", Loss::lost, "a container has the host's clocks", "leave it out"},
};

}  // namespace

bool report_lxc_loss(const Node& node, Ledger& ledger) {
  for (const LostRow& row : kLost) {
    if (!node.key().starts_with(row.prefix)) continue;
    if (row.loss == Loss::note) {
      ledger.note(node, row.what, row.instead);
    } else if (node.text().empty()) {
      node.carry();
    } else {
      ledger.lost(node, row.what, row.instead);
    }
    return true;
  }
  return false;
}

}  // namespace berth::importing
