// hosts(5) and resolv.conf(5).
#include "supervisor/network/hosts.h"

#include <algorithm>

#include "supervisor/base/ip_address.h"

namespace berth::network {
namespace {

constexpr std::string_view kLocalhost =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n";

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
  });
}

Result<std::string> render_entry(const HostEntry& entry) {
  std::string line = format(TRY(parse_ip(entry.address)));
  char separator = '\t';
  for (const std::string& name : entry.names) {
    if (!is_host_name(name)) return fail("a name of " + entry.address + " is not a host's name");
    line += separator + name;
    separator = ' ';
  }
  return line + "\n";
}

// Calls on_line with each line, without its newline.
template <class OnLine>
void for_each_line(std::string_view text, const OnLine& on_line) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    on_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The server of a "nameserver" line; empty for other lines.
std::string_view server_of(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  constexpr std::string_view kKeyword = "nameserver";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  if (!line.starts_with(kKeyword)) return {};
  line.remove_prefix(kKeyword.size());
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == 0 || begin == line.npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(kBlanks));
}

bool is_loopback_server(std::string_view server) {
  if (server == "::1" || server.starts_with("::ffff:127.")) return true;
  const auto address = parse_ipv4(server);
  // 0.0.0.0 means this very host to resolvers.
  return address && (address->is_loopback() || address->value == 0);
}

bool has_loopback_server(std::string_view text) {
  bool found = false;
  for_each_line(text, [&](auto line) { found = found || is_loopback_server(server_of(line)); });
  return found;
}

}  // namespace

Result<std::string> render_hosts(const std::vector<HostEntry>& entries, std::string_view hostname) {
  if (!is_host_name(hostname)) return fail("the hostname is not a host's name");
  std::string text(kLocalhost);
  bool named = hostname == "localhost";
  for (const HostEntry& entry : entries) {
    if (entry.names.empty()) continue;
    named = named || std::ranges::find(entry.names, hostname) != entry.names.end();
    text += TRY(render_entry(entry));
  }
  if (!named) text += "127.0.1.1\t" + std::string(hostname) + "\n";
  return text;
}

std::string container_resolv_conf(std::string_view host, std::optional<std::string_view> resolved) {
  const bool take_resolved = resolved && has_loopback_server(host);
  std::string text;
  for_each_line(take_resolved ? *resolved : host, [&](std::string_view line) {
    const std::string_view server = server_of(line);
    if (is_loopback_server(server))
      text += "# left out by berth, the host's loopback cannot be reached from here: ";
    text += std::string(line) + "\n";
  });
  return text;
}

}  // namespace berth::network
