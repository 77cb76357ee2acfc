// The host's packet rules: a NetworkView as one nftables transaction, in a table of our own.
//
// The whole table is replaced at once, so that no packet ever meets half a set of rules, and what
// is removed from the view is removed from the kernel; established connections go on, as conntrack
// remembers them. Our chains say `drop` only for what is ours; they cannot overrule another
// table's drop (see foreign_policy.h).
//
//   raw_prerouting    127.0.0.0/8, as source or destination, on any link but lo: dropped. With
//                     route_localnet set it would reach the host's loopback (CVE-2020-8558).
//   nat_prerouting    published ports, for those who come in over a link; never ports that are
//                     published on a loopback address
//   nat_output        published ports, for the host itself
//   nat_postrouting   masquerade: what leaves a network with nat; what the host sends from
//                     127.0.0.1 into a bridge; what a container sends to a published port of its
//                     own network, itself included (the answer must come back through us)
//   filter_forward    into a bridge with nat only: answers, published ports, and its own members.
//                     Else a neighbour with a route through this host would reach ports
//                     that are published on 127.0.0.1, or not at all. Of both families.
//
// A second table of the same name, of family bridge, is there while a network has IPv6:
//
//   no_routers        what a router or who speaks for it would say (router advertisements,
//                     redirects: RFC 4861), from a container: dropped
//
// The kernel itself drops what comes from or to ::1 over a link (ip6_rcv_core).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/network_view.h"

namespace berth::network {

// The input of `nft -j -f -`; for an empty view one that deletes the table. Equal views have equal
// texts, in whatever order their lists are. No name of a container or network gets into it: link
// names are checked, addresses and ports are read and written anew.
// A host port that two containers publish goes to the one with the lower address: the definitions'
// check lets that happen only while one of them is on its way out, and it must not hold up the
// others. Errors, naming what is wrong: a bridge's name, subnet, or address that is none; a port on
// ::1, or on an address of another family than the container's; port 0.
Result<std::string> render_rules(const NetworkView& view, std::string_view table);

// The rules of family bridge. A table's name that render_rules takes is one here.
struct BridgeGuard {
  std::string json;     // the input of `nft -j -f -`
  bool needed = false;  // false: it only deletes the table
};
BridgeGuard render_bridge_guard(const NetworkView& view, std::string_view table);
// Runs nft with them. That a kernel knows no such family is an error only when they are needed.
handoff::Program compile_bridge_guard(const BridgeGuard& guard);

// The bridges that ports published on a loopback address lead into, sorted: the host sends there
// from 127.0.0.1, which takes the link's route_localnet. Bridges that render_rules refuses are left
// out.
std::vector<std::string> bridges_from_loopback(const NetworkView& view);

// Runs nft with that input. What nft says on its error output becomes the reply's detail. Once the
// rules are there, and not before, sets route_localnet of these bridges; one that is gone is passed
// over.
handoff::Program compile_apply_rules(std::string_view json,
                                     std::span<const std::string> bridges_from_loopback = {});

// Where nft is missing there are no rules of ours either.
bool nft_is_installed();

}  // namespace berth::network
