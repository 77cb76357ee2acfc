// The key tables of everything but containers, and what is refused by name. The container's own
// table, the long one, is container_keys.cpp.
#include "supervisor/model/keys.h"

#include <array>

namespace berth {

namespace {

// The accessor of a field: a captureless lambda, turned into the function pointer that it is.
#define FIELD(owner, path) +[](owner& spec) -> auto& { return spec.path; }

constexpr std::array kMountKeys{
    Key<MountSpec>{.name = "type",
                   .field = FIELD(MountSpec, type),
                   .default_text = "bind",
                   .meaning = "what is mounted: a path of the host, or a new tmpfs",
                   .example = "\"bind\""},
    Key<MountSpec>{.name = "source",
                   .field = FIELD(MountSpec, source),
                   .shape = Shape::absolute_path,
                   .meaning = "the path on the host; for bind only",
                   .example = "\"/srv/shop\""},
    Key<MountSpec>{.name = "target",
                   .field = FIELD(MountSpec, target),
                   .shape = Shape::absolute_path,
                   .meaning = "where it appears in the container",
                   .example = "\"/data\""},
    Key<MountSpec>{.name = "read_only",
                   .field = FIELD(MountSpec, read_only),
                   .default_text = "false",
                   .meaning = "nothing can be written through this mount",
                   .example = "true"},
    Key<MountSpec>{.name = "size",
                   .field = FIELD(MountSpec, size),
                   .least = 4096,
                   .meaning = "how much a tmpfs may hold; for tmpfs only",
                   .example = "\"64M\""},
};

constexpr std::array kDependencyKeys{
    Key<DependencySpec>{.name = "condition",
                        .field = FIELD(DependencySpec, condition),
                        .cost = Cost::none,
                        .default_text = "started",
                        .meaning = "what the other container must have reached before this starts",
                        .example = "\"healthy\""},
    Key<DependencySpec>{.name = "restart",
                        .field = FIELD(DependencySpec, restart),
                        .cost = Cost::none,
                        .default_text = "false",
                        .meaning = "this container restarts when the other one does",
                        .example = "true"},
};

constexpr std::array kAttachmentKeys{
    Key<NetworkAttachment>{.name = "name",
                           .field = FIELD(NetworkAttachment, name),
                           .cost = Cost::recreate,
                           .part = Part::sandbox,
                           .shape = Shape::container_name,
                           .meaning = "a file of networks/, without its ending, or default",
                           .example = "\"lan\""},
    Key<NetworkAttachment>{.name = "ipv4_address",
                           .field = FIELD(NetworkAttachment, ipv4_address),
                           .cost = Cost::recreate,
                           .part = Part::sandbox,
                           .shape = Shape::ipv4,
                           .meaning = "a fixed address of the network; without it one is leased",
                           .example = "\"10.20.0.10\""},
    Key<NetworkAttachment>{
        .name = "aliases",
        .field = FIELD(NetworkAttachment, aliases),
        .cost = Cost::recreate,
        .part = Part::sandbox,
        .shape = Shape::hostname,
        .meaning = "further names by which the network's containers find this one",
        .example = "[\"shop\"]"},
};

constexpr std::array kNetworkKeys{
    Key<NetworkSpec>{.name = "driver",
                     .field = FIELD(NetworkSpec, driver),
                     .cost = Cost::recreate,
                     .part = Part::sandbox,
                     .default_text = "bridge",
                     .meaning = "how containers are attached",
                     .example = "\"bridge\"",
                     .choices = "bridge"},
    Key<NetworkSpec>{.name = "bridge",
                     .field = FIELD(NetworkSpec, bridge),
                     .cost = Cost::recreate,
                     .part = Part::sandbox,
                     .shape = Shape::link_name,
                     .meaning = "the bridge's link; without it \"br-\" and the network's name",
                     .example = "\"br-lan\""},
    Key<NetworkSpec>{.name = "subnet",
                     .field = FIELD(NetworkSpec, subnet),
                     .cost = Cost::recreate,
                     .part = Part::sandbox,
                     .shape = Shape::ipv4_subnet,
                     .meaning = "the addresses of its containers; the first is the bridge's own",
                     .example = "\"10.20.0.0/24\""},
    Key<NetworkSpec>{.name = "nat",
                     .field = FIELD(NetworkSpec, nat),
                     .cost = Cost::live,
                     .default_text = "true",
                     .meaning = "packets that leave the subnet take the host's address",
                     .example = "false"},
};

constexpr std::array kHostKeys{
    Key<HostSpec>{.name = "cgroup",
                  .field = FIELD(HostSpec, cgroup),
                  .shape = Shape::cgroup_name,
                  .default_text = "berth",
                  .meaning = "the parent of all containers' cgroups",
                  .example = "\"berth\""},
    Key<HostSpec>{.name = "bridge",
                  .field = FIELD(HostSpec, bridge),
                  .shape = Shape::link_name,
                  .default_text = "berth0",
                  .meaning = "the default network's link",
                  .example = "\"berth0\""},
    Key<HostSpec>{.name = "subnet",
                  .field = FIELD(HostSpec, subnet),
                  .shape = Shape::ipv4_subnet,
                  .default_text = "10.88.0.0/16",
                  .meaning = "the default network's addresses",
                  .example = "\"10.88.0.0/16\""},
    Key<HostSpec>{.name = "nft_table",
                  .field = FIELD(HostSpec, nft_table),
                  .shape = Shape::table_name,
                  .default_text = "berth",
                  .meaning = "the nftables table of family inet that is this instance's own",
                  .example = "\"berth\""},
    Key<HostSpec>{.name = "log_level",
                  .field = FIELD(HostSpec, log_level),
                  .cost = Cost::live,
                  .default_text = "info",
                  .meaning = "the least important messages that berthd writes",
                  .example = "\"debug\"",
                  .choices = "debug, info, warning, error"},
};

#undef FIELD

constexpr std::array kFutureContainerKeys{
    FutureKey{"image", "use template = \"host\" or rootfs"},
    FutureKey{"pull", "images are not supported yet; use template = \"host\" or rootfs"},
    FutureKey{"entrypoint", "put the whole command line into command"},
    FutureKey{"read_only", "mount what must not change with read_only = true in mounts"},
    FutureKey{"env_file", "put the variables into environment"},
    FutureKey{"secrets", "bind the file into the container with read_only = true in mounts"},
    FutureKey{"devices",
              "only the standard devices (null, zero, full, random, urandom, tty) exist"},
    FutureKey{"sysctls", "leave it out; the kernel's defaults apply in the container"},
    FutureKey{"labels", "leave it out, or use groups"},
    FutureKey{"hooks", "use a oneshot container and depends_on with condition = \"completed\""},
    FutureKey{"schedule", "start it from a timer with berth start"},
    FutureKey{"healthcheck.notify", "use exec, tcp or http"},
    FutureKey{"limits.memory_swap", "leave it out; swap is not limited on its own"},
    FutureKey{"limits.io_weight", "leave it out"},
    FutureKey{"limits.io", "leave it out"},
    FutureKey{"limits.cgroup", "use the other keys of limits"},
    FutureKey{"security.userns", "leave it out; containers share the host's user namespace"},
    FutureKey{"security.masked_paths", "leave it out; the default paths are masked"},
    FutureKey{"update", "leave it out; changed definitions are applied at once"},
};

constexpr std::array kFutureNetworkKeys{
    FutureKey{"subnet6", "leave it out; networks are IPv4 only"},
    FutureKey{"uplink", "leave it out; use nat = true and ports"},
    FutureKey{"confirm", "leave it out; it belongs to uplink"},
    FutureKey{"dns", "leave it out; names are written to /etc/hosts of the containers"},
};

constexpr std::array kFutureHostKeys{
    FutureKey{"apply", "leave it out; a bad file holds back only its own container"},
};

constexpr std::array kFutureValues{
    FutureValue{"type", "system", "run the programs as containers of type \"service\""},
    FutureValue{"mounts.type", "volume", "use type = \"bind\" with a directory of the host"},
    FutureValue{"logging.driver", "journald", "use driver = \"file\""},
    FutureValue{"driver", "macvlan", "use \"bridge\""},
    FutureValue{"driver", "ipvlan", "use \"bridge\""},
};

}  // namespace

std::span<const Key<MountSpec>> mount_keys() { return kMountKeys; }
std::span<const Key<DependencySpec>> dependency_keys() { return kDependencyKeys; }
std::span<const Key<NetworkAttachment>> attachment_keys() { return kAttachmentKeys; }
std::span<const Key<NetworkSpec>> network_keys() { return kNetworkKeys; }
std::span<const Key<HostSpec>> host_keys() { return kHostKeys; }
std::span<const FutureKey> future_container_keys() { return kFutureContainerKeys; }
std::span<const FutureKey> future_network_keys() { return kFutureNetworkKeys; }
std::span<const FutureKey> future_host_keys() { return kFutureHostKeys; }
std::span<const FutureValue> future_values() { return kFutureValues; }

}  // namespace berth
