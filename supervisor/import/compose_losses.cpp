// The keys of a service that are known to have no counterpart, and what to do instead. The sweep
// reports all that have no row here either.
#include <array>

#include "supervisor/import/compose.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct LostRow {
  std::string_view key;
  const char* what;
  const char* instead;
};
constexpr std::array kLost{
    LostRow{"init", "no init is put in front of the program",
            "begin the entrypoint with tini or dumb-init, where the image has one"},
    LostRow{"tty", "a container has no terminal of its own",
            "leave it out; nsenter with the pid of berth ps"},
    LostRow{"stdin_open", "standard input is /dev/null",
            "leave it out; nsenter with the pid of berth ps"},
    LostRow{"attach", "berth logs shows what a container writes", "leave it out"},
    LostRow{"domainname", "there is no domain name", "write it into hostname"},
    LostRow{"dns", "name servers are those of the host", "mount a file over /etc/resolv.conf"},
    LostRow{"dns_search", "name servers are those of the host",
            "mount a file over /etc/resolv.conf"},
    LostRow{"dns_opt", "name servers are those of the host", "mount a file over /etc/resolv.conf"},
    LostRow{"extra_hosts", "no other names are written to /etc/hosts",
            "use the address, or aliases where it is a container"},
    LostRow{"external_links", "containers of one network know each other by name",
            "put both on one network"},
    LostRow{"mac_address", "link addresses are chosen by berth", "leave it out"},
    LostRow{"group_add", "a program has the groups of its user alone", "user = \"uid:gid\""},
    LostRow{"pid", "a container has its own process namespace", "leave it out"},
    LostRow{"ipc", "a container has its own ipc namespace", "leave it out"},
    LostRow{"uts", "a container has its own host name", "hostname"},
    LostRow{"cgroup", "a container has its own cgroup namespace", "leave it out"},
    LostRow{"cgroup_parent", "all containers lie in one cgroup",
            "cgroup in berthd.toml, for all of them"},
    LostRow{"runtime", "the runtime is berth's own", "leave it out"},
    LostRow{"platform", "images are of the host's platform", "leave it out"},
    LostRow{"isolation", "it is a setting of Windows", "leave it out"},
    LostRow{"gpus", "graphics processors are not passed through by name",
            "name their devices in devices, and mount their libraries"},
    LostRow{"device_cgroup_rules", "devices are allowed one by one", "devices"},
    LostRow{"volumes_from", "mounts are not taken from another container", "repeat them in mounts"},
    LostRow{"oom_kill_disable", "the kernel kills beyond limits.memory", "leave limits.memory out"},
    LostRow{"oom_score_adj", "the kernel's choice is not weighed", "limits.memory"},
    LostRow{"mem_swappiness", "swapping has no inclination of its own", "limits.memory_swap"},
    LostRow{"cpu_rt_runtime", "real-time shares are not given out", "leave it out"},
    LostRow{"cpu_rt_period", "real-time shares are not given out", "leave it out"},
    LostRow{"cpu_count", "it is a setting of Windows", "limits.cpus"},
    LostRow{"cpu_percent", "it is a setting of Windows", "limits.cpus"},
    LostRow{"storage_opt", "a writable layer has no size of its own", "leave it out"},
    LostRow{"annotations", "there are no annotations", "labels"},
    LostRow{"develop", "it is for working on the sources", "leave it out"},
    LostRow{"credential_spec", "it is a setting of Windows", "leave it out"},
    LostRow{"post_start", "no programs are run beside a start",
            "a oneshot that depends on it, or hooks"},
    LostRow{"pre_stop", "no programs are run beside a stop", "hooks.post_stop, or stop_signal"},
    LostRow{"label_file", "labels are not read from a file", "copy them into labels"},
    LostRow{"provider", "services of plugins are not run", "leave it out"},
    LostRow{"models", "language models are not run", "leave it out"},
    LostRow{"use_api_socket", "there is no socket of an engine to pass on", "leave it out"},
};

}  // namespace

void report_compose_loss(const Node& member, Ledger& ledger) {
  for (const LostRow& row : kLost) {
    if (row.key != member.key()) continue;
    if (boolean_of(member.text()) == false) {
      member.carry();
    } else {
      ledger.lost(member, row.what, row.instead);
    }
  }
}

}  // namespace berth::importing
