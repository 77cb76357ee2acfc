#include "supervisor/health/endpoint.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

using namespace berth;
using namespace berth::health;

namespace {

std::string written(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  const auto& address = endpoint.address;
  if (endpoint.family() == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(address.v6.sin6_port));
  }
  ::inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(address.v4.sin_port));
}

std::string endpoint_of(std::string_view text) {
  const auto parsed = parse_endpoint(text);
  return parsed ? written(*parsed) : parsed.error().message();
}

std::string url_of(std::string_view url) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return parsed.error().message();
  return written(parsed->endpoint) + " " + parsed->host + " " + parsed->path;
}

}  // namespace

TEST_CASE("addresses are taken in every spelling that a definition may use") {
  CHECK(endpoint_of("127.0.0.1:6379") == "127.0.0.1:6379");
  CHECK(endpoint_of(":6379") == "127.0.0.1:6379");
  CHECK(endpoint_of("localhost:80") == "127.0.0.1:80");
  CHECK(endpoint_of("[::1]:80") == "[::1]:80");
  CHECK(endpoint_of("10.88.0.2:65535") == "10.88.0.2:65535");
}

TEST_CASE("what is no address with a port is refused with the reason") {
  CHECK(endpoint_of("6379") == "\"6379\" has no port between 1 and 65535");
  CHECK(endpoint_of("127.0.0.1:0") == "\"127.0.0.1:0\" has no port between 1 and 65535");
  CHECK(endpoint_of("127.0.0.1:65536") == "\"127.0.0.1:65536\" has no port between 1 and 65535");
  CHECK(endpoint_of("127.0.0.1: 80") == "\"127.0.0.1: 80\" has no port between 1 and 65535");
  CHECK(endpoint_of("[::1]80") == "\"[::1]80\" is not ADDRESS:PORT");
  CHECK(endpoint_of("[::1") == "\"[::1\" is not ADDRESS:PORT");
  const std::string not_an_address =
      " is not an address (an IPv4 address, an IPv6 address in brackets, or localhost)";
  CHECK(endpoint_of("db:5432") == "\"db\"" + not_an_address);
  CHECK(endpoint_of("[127.0.0.1]:80") == "\"127.0.0.1\"" + not_an_address);
  CHECK(endpoint_of("127.1:80") == "\"127.1\"" + not_an_address);
  CHECK_FALSE(parse_endpoint(std::string_view("127.0.0.1\0x:80", 14)));
  CHECK_FALSE(parse_endpoint("::1:80"));
  CHECK_FALSE(parse_endpoint(""));
}

TEST_CASE("a URL gives address, host header and path") {
  CHECK(url_of("http://127.0.0.1:8080/healthz") == "127.0.0.1:8080 127.0.0.1:8080 /healthz");
  CHECK(url_of("http://localhost") == "127.0.0.1:80 localhost /");
  CHECK(url_of("http://[::1]:81?full=1") == "[::1]:81 [::1]:81 /?full=1");
  CHECK(url_of("http://:8080/a?b#c") == "127.0.0.1:8080 localhost:8080 /a?b");
}

TEST_CASE("a URL that would need more than plain HTTP to an address is refused") {
  CHECK(url_of("https://127.0.0.1/") == "\"https://127.0.0.1/\" does not begin with http://");
  CHECK(url_of("http:///x") == "\"http:///x\" has no address");
  CHECK_FALSE(parse_http_url("http://user:secret@127.0.0.1/"));
  CHECK_FALSE(parse_http_url("http://web.example/"));
  CHECK_FALSE(parse_http_url("http://127.0.0.1/" + std::string(4096, 'x')));
}

TEST_CASE("a URL cannot smuggle a second header into the request") {
  for (const std::string_view bad : {"\r\nX: y", " HTTP/1.0", "\n", "\t", "\x7f", "\xc3\xa9"})
    CHECK_FALSE(parse_http_url("http://127.0.0.1/" + std::string(bad)));
}
