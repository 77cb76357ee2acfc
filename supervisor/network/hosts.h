// The files by which a container finds names: /etc/hosts and /etc/resolv.conf, as texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/model/network_view.h"

namespace berth::network {

// The text of /etc/hosts: localhost, then the entries in their order. A hostname that no entry has
// gets 127.0.1.1 (as Debian does), so that it always resolves. Error: an entry whose address or
// name could not stand in the file.
Result<std::string> render_hosts(const std::vector<HostEntry>& entries, std::string_view hostname);

// The text of a bridged container's /etc/resolv.conf. `host` is the host's, `resolved` that of
// /run/systemd/resolve/resolv.conf (the servers behind systemd-resolved), if there is one. A
// server on a loopback address of the host is not the container's loopback: then `resolved` is
// taken instead; what is left of such servers is replaced by a comment. Everything else is kept.
std::string container_resolv_conf(std::string_view host, std::optional<std::string_view> resolved);

}  // namespace berth::network
