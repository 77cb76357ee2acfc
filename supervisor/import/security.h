// What the formats say about rights, and about health and logs, in the same words.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/import/product.h"

namespace berth::importing {

// "CAP_NET_ADMIN" -> "net_admin".
std::string capability_name_of(std::string_view text);

// All capabilities, every system call, gaining rights: what comes nearest to "privileged".
void be_privileged(const Node& node, Draft& draft, Ledger& ledger);

// docker's --security-opt: "no-new-privileges:true", "seccomp=unconfined", "apparmor=...".
void take_security_option(const Node& node, Draft& draft, Product& product);

// "json-file", "journald", "none".
void take_log_driver(const Node& node, Draft& draft, Ledger& ledger);

// docker's --device: "/dev/fuse", "/dev/fuse:/dev/fuse:rwm".
void take_device_path(const Node& node, Draft& draft, Ledger& ledger);

// Whether a program of the container could trace a probe that is run in it; then none is.
bool may_trace(const Draft& draft);
void drop_healthcheck(Draft& draft);
// Tells docker's form of a probe: a list that begins with CMD or CMD-SHELL, a line for a shell.
void take_health_command(const Node& node, Draft& draft, Ledger& ledger);

}  // namespace berth::importing
