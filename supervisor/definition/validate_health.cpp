// Health checks: one kind of probe, and where it goes to.
#include <algorithm>
#include <array>
#include <vector>

#include "supervisor/base/ip_address.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

struct Authority {
  std::string host;  // without brackets
  std::string port;
  bool has_port = false;
};

Authority split_authority(std::string_view text) {
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const size_t colon = bracket == text.npos ? text.npos : text.find(':', bracket);
  Authority authority;
  authority.host = text.substr(0, colon);
  authority.has_port = colon != text.npos;
  if (authority.has_port) authority.port = text.substr(colon + 1);
  return authority;
}

bool is_ipv6_literal(const std::string& host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  return parse_ipv6(host.substr(1, host.size() - 2)).has_value();
}

// Names are not looked up: that would take its time, and ask the host's resolver.
std::optional<Complaint> check_host(const std::string& host) {
  if (host == "localhost" || parse_ipv4(host) || is_ipv6_literal(host)) return std::nullopt;
  return Complaint{quote(host) + " is no address for a probe", "an IP address, or localhost"};
}

std::optional<Complaint> check_port(const std::string& port) {
  const auto number = parse_number(port, 65535);
  if (number && *number != 0) return std::nullopt;
  return Complaint{quote(port) + " is not a port", "1 to 65535"};
}

std::optional<Complaint> check_tcp(const std::string& text) {
  const Authority authority = split_authority(text);
  if (!authority.has_port) {
    return Complaint{quote(text) + " has no port", "\"127.0.0.1:6379\" or \":6379\""};
  }
  if (!authority.host.empty()) {
    if (auto complaint = check_host(authority.host)) return complaint;
  }
  return check_port(authority.port);
}

std::optional<Complaint> check_http(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kExample = "\"http://127.0.0.1:8080/healthz\"";
  if (url.starts_with("https://")) {
    return Complaint{"https is not supported by probes", "http://, or exec with a program"};
  }
  if (!url.starts_with(kScheme)) {
    return Complaint{quote(url) + " is not a URL of http", std::string(kExample)};
  }
  const bool printable = std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable || url.find('#') != url.npos) {
    return Complaint{quote(url) + " has characters that a URL cannot have", "%20 for a space"};
  }
  const std::string_view rest = std::string_view(url).substr(kScheme.size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
  if (host.size() < rest.size() && rest[host.size()] == '?') {
    return Complaint{quote(url) + " has no path before its \"?\"", std::string(kExample)};
  }
  if (host.find('@') != host.npos) {
    return Complaint{"probes carry no user names or passwords", std::string(kExample)};
  }
  const Authority authority = split_authority(host);
  if (auto complaint = check_host(authority.host)) return complaint;
  return authority.has_port ? check_port(authority.port) : std::nullopt;
}

// What the rest of the definition makes impossible.
void validate_fitness(const ContainerSpec& spec, Report& report) {
  if (spec.type == ContainerType::oneshot) {
    report.error_at(where_of(spec, "healthcheck"), "healthcheck",
                    "a oneshot is not asked for its health: its exit says how it went",
                    "type = \"service\", or no healthcheck");
  }
  if (spec.healthcheck.exec.empty()) return;
  const auto& added = spec.security.cap_add;
  for (size_t i = 0; i < added.size(); ++i) {
    if (added[i] != "sys_ptrace" && added[i] != "all") continue;
    const std::string key = "security.cap_add[" + std::to_string(i) + "]";
    report.error_at(where_of(spec, key), key,
                    "with sys_ptrace the container could take over the probe before it has given "
                    "up the host's rights",
                    "a tcp or http healthcheck");
  }
}

}  // namespace

void validate_health(const ContainerSpec& spec, Report& report) {
  constexpr std::array<const char*, 4> kProbes{"healthcheck.exec", "healthcheck.tcp",
                                               "healthcheck.http", "healthcheck.notify"};
  if (!spec.where.contains("healthcheck")) return;
  std::vector<std::string> written;
  for (const char* key : kProbes) {
    if (spec.where.contains(key)) written.emplace_back(key);
  }
  if (written.empty()) {
    report.error_at(where_of(spec, "healthcheck"), "healthcheck", "there is no probe",
                    "one of exec, tcp, http and notify");
  }
  for (size_t i = 1; i < written.size(); ++i) {
    report.error_at(
        where_of(spec, written[i]), written[i],
        "there is another probe, " + written[0] + ", at " + format(where_of(spec, written[0])),
        "one of exec, tcp, http and notify");
  }
  const auto check = [&](const std::string& key, const std::string& text, auto checker) {
    if (text.empty()) return;
    if (auto complaint = checker(text)) {
      report.error_at(where_of(spec, key), key, complaint->problem, complaint->remedy);
    }
  };
  validate_fitness(spec, report);
  check("healthcheck.tcp", spec.healthcheck.tcp, check_tcp);
  check("healthcheck.http", spec.healthcheck.http, check_http);
}

}  // namespace berth::definition
