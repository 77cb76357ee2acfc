// Networks as programs: the bridge with the host's address, and what forwarding needs.
//
// Both functions are pure: what the host has is passed in (links.h), so that a bridge which is
// somebody else's is never touched. Origins name the network's definition.
#pragma once

#include <span>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/network/links.h"

namespace berth::network {

// NetworkSpec.bridge, or "br-" and the network's name. (Whether that is a link's name is the
// definitions' to check; the programs below refuse one that is not.)
std::string bridge_name(const NetworkSpec& spec);

// A bridge of ours carries the alias "berth:NETWORK". Between its creation and its alias a crash
// may come: then its stable hardware address tells it.
bool is_our_bridge(const NetworkSpec& spec, const LinkInfo& link);

// The host's end of a container's link.
struct BridgePort {
  std::string link;
  std::string container;
};

// Creates the bridge with the gateway's address, brings it up, and sets ip_forward; with a subnet6
// the same for IPv6. A host that forwards IPv6 does not listen to routers any more, so a link that
// has its routes from them (accept_ra 1) is told to go on (accept_ra 2) before; links of berth
// never listen to any. The bridge's route_localnet is off: only compile_apply_rules (rules.h) turns
// it on, when the rules are there that make it safe. One that is ours is taken over: it gets what
// it lacks and loses addresses of a former subnet. `ports` are links that were in the bridge of
// this name before it was lost; they are put back into it, those that are gone are passed over.
// Errors: a link of this name is not ours; an address of another link lies within the subnet.
Result<handoff::Program> compile_create_network(const NetworkSpec& spec,
                                                std::span<const LinkInfo> links,
                                                std::span<const BridgePort> ports = {});

// Deletes the bridge. No steps when there is none. Error: a link of this name is not ours.
Result<handoff::Program> compile_remove_network(const NetworkSpec& spec,
                                                std::span<const LinkInfo> links);

}  // namespace berth::network
