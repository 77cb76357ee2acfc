// Published ports, as docker, podman and compose write them. Without an address they are published
// on all of the host's, as those tools do; berth itself would take 127.0.0.1.
#pragma once

#include <string>
#include <vector>

#include "supervisor/import/draft.h"
#include "supervisor/import/ledger.h"
#include "supervisor/import/node.h"

namespace berth::importing {

// "[[address:]host:]container[/protocol]", each port also a range. `ipv6`: the container's first
// network has IPv6 addresses, so that ports can be published on such addresses of the host.
void take_port_text(const Node& node, Draft& draft, Ledger& ledger, bool ipv6 = false);
// compose's long form: target, published, host_ip, protocol.
void take_port_table(const Node& node, Draft& draft, Ledger& ledger, bool ipv6 = false);
// One port of the host to one of the container.
void publish(Draft& draft, const std::string& address, const std::string& host,
             const std::string& container, const std::string& protocol);

// Further names of an attachment, those that a name can be; no name twice.
void add_aliases(TomlTable& attachment, const std::vector<std::string>& aliases);

}  // namespace berth::importing
