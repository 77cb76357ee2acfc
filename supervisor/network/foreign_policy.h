// Other managers' packet rules: a forward chain of theirs that drops by default also drops what we
// forward, whatever our table says (a packet must pass every table). Noticed, and named.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"

namespace berth::network {

// Runs `nft -j list chains` with its output to the descriptor sent along as slot 0 (a memfd of the
// worker, to be read from its start when the program is done).
handoff::Program compile_list_chains();

// `ipv6`: a chain that packets of IPv6 alone meet counts, too.
// A sentence for each chain of another table than `own_table` that is hooked at forward and drops,
// or (firewalld's) rejects, by default. `json` is what nft wrote. Rules of iptables-legacy are not
// seen: nft does not list them.
Result<std::vector<std::string>> foreign_forward_policies(std::string_view json,
                                                          std::string_view own_table,
                                                          bool ipv6 = false);

}  // namespace berth::network
