#include "supervisor/health/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace berth::health {

namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::size_t kUrlMax = 2048;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) return std::nullopt;
  return port;
}

struct HostPort {
  std::string_view host;                 // without the brackets of an IPv6 address
  std::optional<std::string_view> port;  // none when there is no colon
  bool bracketed = false;
};

std::optional<HostPort> split(std::string_view text) {
  HostPort parts;
  std::size_t end_of_host = 0;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, close - 1);
    parts.bracketed = true;
    end_of_host = close + 1;
  } else {
    end_of_host = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, end_of_host);
  }
  const std::string_view rest = text.substr(end_of_host);
  if (rest.empty()) return parts;
  if (rest.front() != ':') return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

std::optional<Endpoint> make_endpoint(const HostPort& parts, std::uint16_t port) {
  Endpoint endpoint;
  if (parts.bracketed) {
    auto& v6 = endpoint.address.v6;
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    endpoint.size = sizeof v6;
    if (::inet_pton(AF_INET6, std::string(parts.host).c_str(), &v6.sin6_addr) != 1)
      return std::nullopt;
    return endpoint;
  }
  const bool loopback = parts.host.empty() || parts.host == "localhost";
  const std::string host = loopback ? "127.0.0.1" : std::string(parts.host);
  auto& v4 = endpoint.address.v4;
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  endpoint.size = sizeof v4;
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return std::nullopt;
  return endpoint;
}

Result<Endpoint> parse_authority(std::string_view text, std::optional<std::uint16_t> default_port) {
  const auto parts = split(text);
  // A NUL would end the text for inet_pton before it ends for us.
  if (!parts || parts->host.find('\0') != std::string_view::npos)
    return fail(quoted(text) + " is not ADDRESS:PORT");
  std::optional<std::uint16_t> port = default_port;
  if (parts->port) port = parse_port(*parts->port);
  if (!port) return fail(quoted(text) + " has no port between 1 and 65535");
  const auto endpoint = make_endpoint(*parts, *port);
  if (!endpoint)
    return fail(quoted(parts->host) +
                " is not an address (an IPv4 address, an IPv6 address in brackets, or localhost)");
  return *endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  return parse_authority(text, std::nullopt);
}

Result<HttpTarget> parse_http_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return fail(quoted(url) + " does not begin with http://");
  if (url.size() > kUrlMax) return fail("the URL is longer than 2048 bytes");
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(url, printable))
    return fail("the URL has a character that must be written as %XX");

  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t end_of_authority = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end_of_authority);
  if (authority.empty()) return fail(quoted(url) + " has no address");
  HttpTarget target;
  target.endpoint = TRY(parse_authority(authority, 80));
  target.host = authority.front() == ':' ? "localhost" + std::string(authority) : authority;
  // What follows "#" is for browsers and is never sent.
  target.path = rest.substr(end_of_authority, rest.find('#') - end_of_authority);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  return target;
}

}  // namespace berth::health
