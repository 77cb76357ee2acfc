// Keys of units that are known to have no counterpart, by section and beginning.
#include <array>

#include "supervisor/import/quadlet.h"

namespace berth::importing {

namespace {

struct LostRow {
  std::string_view section;
  std::string_view prefix;
  Loss loss;
  const char* what;
  const char* instead;
};
constexpr const char* kNoModule = "there are no labels of a security module";
constexpr const char* kNameServers = "name servers are those of the host";
constexpr const char* kResolv = "mount a file over /etc/resolv.conf";
constexpr const char* kIds = "which ids are mapped is berth's choice";

constexpr std::array kLost{
    LostRow{"Container", "AddHost", Loss::lost, "no other names are written to /etc/hosts",
            "use the address, or aliases where it is a container"},
    LostRow{"Container", "Annotation", Loss::lost, "there are no annotations", "labels"},
    LostRow{"Container", "AutoUpdate", Loss::lost, "images are not looked for again by themselves",
            "change the image's tag in the definition"},
    LostRow{"Container", "CgroupsMode", Loss::lost, "where its cgroup lies is berth's choice",
            "leave it out"},
    LostRow{"Container", "ContainersConfModule", Loss::lost, "there is no configuration of podman",
            "leave it out"},
    LostRow{"Container", "DNS", Loss::lost, kNameServers, kResolv},
    LostRow{"Container", "EnvironmentHost", Loss::lost, "the host's environment is not passed on",
            "environment"},
    LostRow{"Container", "ExposeHostPort", Loss::note,
            "containers of one network reach each other's ports anyway", ""},
    LostRow{"Container", "GIDMap", Loss::lost, kIds, "security.userns"},
    LostRow{"Container", "UIDMap", Loss::lost, kIds, "security.userns"},
    LostRow{"Container", "SubGIDMap", Loss::lost, kIds, "security.userns"},
    LostRow{"Container", "SubUIDMap", Loss::lost, kIds, "security.userns"},
    LostRow{"Container", "RemapU", Loss::lost, kIds, "security.userns"},
    LostRow{"Container", "GlobalArgs", Loss::lost, "arguments of podman are not understood",
            "leave it out"},
    LostRow{"Container", "Group", Loss::lost, "a group is part of the user", "user = \"uid:gid\""},
    LostRow{"Container", "HealthStartup", Loss::lost, "there is one probe, from the start",
            "healthcheck.start_period"},
    LostRow{"Container", "Health", Loss::lost, "probes are logged by berthd", "leave it out"},
    LostRow{"Container", "HttpProxy", Loss::lost, "the host's proxy is not passed on",
            "environment"},
    LostRow{"Container", "Mask", Loss::lost, "the default paths are masked",
            "security.masked_paths"},
    LostRow{"Container", "Unmask", Loss::lost, "the default paths are masked",
            "security.masked_paths"},
    LostRow{"Container", "ReadOnlyTmpfs", Loss::lost,
            "a read-only root file system has no tmpfs by itself",
            "mounts of type tmpfs on /tmp, /run and /var/tmp"},
    LostRow{"Container", "ReloadCmd", Loss::lost, "no program is run inside to reload",
            "update.watch and update.reload"},
    LostRow{"Container", "ReloadSignal", Loss::lost, "a reload is bound to the files that change",
            "update.watch and update.reload"},
    LostRow{"Container", "Retry", Loss::lost, "how often an image is asked for is berth's choice",
            "leave it out"},
    LostRow{"Container", "RunInit", Loss::lost, "no init is put in front of the program",
            "begin the entrypoint with tini or dumb-init, where the image has one"},
    LostRow{"Container", "SecurityLabel", Loss::lost, kNoModule, "leave it out"},
    LostRow{"Container", "AppArmor", Loss::lost, kNoModule, "leave it out"},
    LostRow{"Container", "ServiceName", Loss::lost, "there is no unit for a container",
            "leave it out"},
    LostRow{"Container", "StartWithPod", Loss::lost, "containers of a pod start each on its own",
            "depends_on"},
    LostRow{"Container", "VolatileTmp", Loss::lost, "there is no tmpfs by itself",
            "a mount of type tmpfs on /tmp"},
    LostRow{"Unit", "Description", Loss::note, "it is for people to read", ""},
    LostRow{"Unit", "Documentation", Loss::note, "it is for people to read", ""},
    LostRow{"Unit", "SourcePath", Loss::note, "it is for people to read", ""},
    LostRow{"Unit", "Condition", Loss::lost, "whether it starts is not asked of the host",
            "autostart = false, and berth start where it is wanted"},
    LostRow{"Unit", "Assert", Loss::lost, "whether it starts is not asked of the host",
            "autostart = false, and berth start where it is wanted"},
    LostRow{"Unit", "Conflicts", Loss::lost, "containers do not exclude each other",
            "autostart = false in one of them"},
    LostRow{"Unit", "OnFailure", Loss::lost, "no unit is started by a failure",
            "berth events, or berth wait --phase failed"},
    LostRow{"Unit", "DefaultDependencies", Loss::lost, "berthd.service orders itself",
            "leave it out"},
    LostRow{"Service", "RemainAfterExit", Loss::note, "a oneshot stays completed", ""},
    LostRow{"Service", "ExecStartPost", Loss::lost, "no program is run after a start",
            "a oneshot that depends on it"},
    LostRow{"Service", "ExecReload", Loss::lost, "no program is run to reload",
            "update.watch and update.reload"},
    LostRow{"Service", "ExecStop", Loss::lost, "no program is run to stop it", "stop_signal"},
    LostRow{"Service", "Environment", Loss::lost, "it is podman's environment, not the container's",
            "environment"},
    LostRow{"Service", "Limit", Loss::lost, "it is podman's limit, not the container's",
            "limits.ulimits"},
    LostRow{"Service", "Delegate", Loss::note, "cgroups are berth's own business", ""},
    LostRow{"Service", "Slice", Loss::lost, "all containers lie in one cgroup",
            "cgroup in berthd.toml, for all of them"},
    LostRow{"Service", "KillMode", Loss::note, "a stop ends all of a container's processes", ""},
    LostRow{"Service", "SuccessExitStatus", Loss::lost, "exit code 0 is success",
            "a program that says so"},
    LostRow{"Service", "RuntimeMaxSec", Loss::lost, "a run has no longest time",
            "a program that ends by itself"},
    LostRow{"Service", "WatchdogSec", Loss::lost, "there is no watchdog", "healthcheck"},
    LostRow{"Service", "OOM", Loss::lost, "the kernel's choice is not weighed", "limits.memory"},
    LostRow{"Service", "RestartSteps", Loss::lost, "waits grow by a factor", "restart.factor"},
    LostRow{"Service", "User", Loss::lost, "containers are run by root", "user, for the program"},
    LostRow{"Service", "Nice", Loss::lost, "programs have the usual priority", "limits.cpu_weight"},
    LostRow{"Install", "Alias", Loss::lost, "a container has one name", "leave it out"},
    LostRow{"Install", "Also", Loss::lost, "there are no links of units", "autostart"},
    LostRow{"Network", "Label", Loss::lost, "networks have no labels", "leave it out"},
    LostRow{"Network", "IPRange", Loss::lost, "addresses are leased from all of the subnet",
            "ipv4_address, where one must not change"},
    LostRow{"Network", "DNS", Loss::lost, kNameServers, kResolv},
    LostRow{"Volume", "Copy", Loss::lost,
            "whether a new volume is filled from the image is not said", "fill it beforehand"},
    LostRow{"Volume", "Label", Loss::lost, "volumes have no labels", "leave it out"},
    LostRow{"Volume", "Image", Loss::lost, "a volume is a directory of the host",
            "copy the image's files there"},
    LostRow{"Kube", "Yaml", Loss::lost, "the file that it names is not read",
            "berth import kubernetes, with that file"},
    LostRow{"Kube", "", Loss::lost, "pods of podman are not run", "berth import kubernetes"},
    LostRow{"Image", "", Loss::lost, "how an image is fetched is berth's business",
            "image and pull, in the container"},
    LostRow{"Build", "", Loss::lost, "berth builds no images",
            "build it beforehand, with podman build or buildah"},
    LostRow{"Pod", "", Loss::lost, "a pod has no counterpart of its own",
            "the same key in its containers"},
    LostRow{"Quadlet", "", Loss::lost, "it is for podman's generator", "leave it out"},
};

}  // namespace

void report_quadlet_loss(const std::string& section, const Node& node, Ledger& ledger) {
  for (const LostRow& row : kLost) {
    if (row.section != section || !node.key().starts_with(row.prefix)) continue;
    if (row.loss == Loss::note) {
      ledger.note(node, row.what, row.instead);
    } else {
      ledger.lost(node, row.what, row.instead);
    }
    return;
  }
}

}  // namespace berth::importing
