// Where a probe connects to, as an operator writes it. IP literals and "localhost" only: looking
// up a name would block the loop, and would ask the host's resolver and not the container's.
#pragma once

#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "supervisor/base/result.h"

namespace berth::health {

struct Endpoint {
  union Address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } address{};
  socklen_t size = 0;
  [[nodiscard]] int family() const { return address.any.sa_family; }
};

// "127.0.0.1:6379", "[::1]:80", "localhost:80", ":6379"; the last two mean 127.0.0.1.
Result<Endpoint> parse_endpoint(std::string_view text);

struct HttpTarget {
  Endpoint endpoint;
  std::string host;  // for the Host header, as written: "127.0.0.1:8080"
  std::string path;  // with its query: "/healthz?full=1"; "/" when there is none
};

// "http://127.0.0.1:8080/healthz"; port 80 and path "/" where they are missing. https, user names
// and characters that have no place in a request line (space, control, not ASCII) are errors.
Result<HttpTarget> parse_http_url(std::string_view url);

}  // namespace berth::health
