// Sandboxes as programs: a container's network namespace with its links, addresses and routes.
//
// Pure: addresses come from leases.h, the bridges' indexes from links.h. The programs touch the
// host's side only through links of generated names (names.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "supervisor/base/ip_address.h"
#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/network/links.h"

namespace berth::network {

// One network that a container is in. The first has the default route.
struct Attachment {
  std::string network;             // its name
  std::uint32_t bridge_index = 0;  // LinkInfo.index of its bridge, as of now
  Ipv4Subnet subnet;
  Ipv4Address address;
  // Of a network that has IPv6.
  struct Ipv6 {
    Ipv6Subnet subnet;
    Ipv6Address address;
  };
  std::optional<Ipv6> ipv6 = {};
};

// The descriptor at which the program makes the network namespace.
inline constexpr int kNetnsSlot = handoff::slot(0);

// Makes the network namespace; its loopback, and for each attachment a veth pair (eth0, eth1, ...
// inside), are up when the program is done. The keeper is told to hold the namespace under
// (sandbox_id, HeldKind::netns), and the reply brings it to the worker as its only descriptor.
// A link of a network with IPv6 has an address of it, which can be used at once, and believes no
// router; the others' IPv6 is as the kernel makes it. `instance` is HostSpec.bridge. A host link
// that an earlier, failed attempt left is replaced.
//
// network = "none": pass no attachments; there is only the loopback. network = "host": there is no
// sandbox, the program has no steps and need not be sent; the caller launches without joining a
// network namespace, with nothing held, and gives the container the host's own resolv.conf.
//
// A program that fails half-way leaves at most its host links: send compile_remove_sandbox's.
Result<handoff::Program> compile_create_sandbox(const ContainerSpec& spec,
                                                std::string_view instance,
                                                std::span<const Attachment> attachments,
                                                std::uint64_t sandbox_id);

// Deletes the host's ends of the links (and so both); those that are gone already are no error.
// `attachment_count` is that of the sandbox's making. The namespace itself goes with its last
// process, when the keeper is told to drop it and the worker closes its own descriptor.
Result<handoff::Program> compile_remove_sandbox(const ContainerSpec& spec,
                                                std::string_view instance,
                                                std::size_t attachment_count);

// Deletes the host links that sandboxes of this instance left behind (after a crash): those whose
// name is the one generated for the container in their alias. No steps when there are none.
handoff::Program compile_sweep_links(std::string_view instance, std::span<const LinkInfo> links);

}  // namespace berth::network
