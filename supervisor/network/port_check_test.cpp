#include "supervisor/network/port_check.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "supervisor/network/real_kernel.h"

using namespace berth;
using namespace berth::network;

namespace {

unique_fd bound(int type, const char* host, std::uint16_t port) {
  unique_fd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  // As servers do: it must not hide them.
  const int yes = 1;
  REQUIRE(::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, host, &address.sin_addr) == 1);
  REQUIRE(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(made.get(), 1) == 0);
  return made;
}

std::string problem(const PortSpec& port) {
  const auto checked = check_port_is_free(port);
  return checked ? "" : checked.error().message();
}

// Leaves a connection to the port behind whose server has closed it first.
void leave_time_wait(std::uint16_t port) {
  const unique_fd server = bound(SOCK_STREAM, "127.0.0.1", port);
  const unique_fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  unique_fd accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted);
  accepted.reset();
  char byte = 0;
  REQUIRE(::recv(client.get(), &byte, 1, 0) == 0);
}

}  // namespace

TEST_CASE("a port that a program of the host listens on is not free") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link set lo up");
  CHECK(problem({"127.0.0.1", 8080, 80}) == "");
  const unique_fd server = bound(SOCK_STREAM, "127.0.0.1", 8080);
  CHECK(problem({"127.0.0.1", 8080, 80}) ==
        "127.0.0.1:8080 is in use by another program of this host");
  CHECK(problem({"0.0.0.0", 8080, 80}) == "0.0.0.0:8080 is in use by another program of this host");
  CHECK(problem({"127.0.0.2", 8080, 80}) == "");
  CHECK(problem({"127.0.0.1", 8081, 80}) == "");
  CHECK(problem({"127.0.0.1", 8080, 80, Protocol::udp}) == "");
}

TEST_CASE("a UDP port that another socket has is not free, though it would share it") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link set lo up");
  const unique_fd server = bound(SOCK_DGRAM, "0.0.0.0", 5353);
  CHECK(problem({"127.0.0.1", 5353, 53, Protocol::udp}) ==
        "127.0.0.1:5353/udp is in use by another program of this host");
  CHECK(problem({"127.0.0.1", 5353, 53, Protocol::tcp}) == "");
}

TEST_CASE("an ended connection and an address that the host does not have leave a port free") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link set lo up");
  leave_time_wait(8080);
  REQUIRE(testing::read_text("/proc/net/tcp").find(":1F90 ") != std::string::npos);
  CHECK(problem({"127.0.0.1", 8080, 80}) == "");
  CHECK(problem({"192.0.2.7", 8080, 80}) == "");
}

TEST_CASE("the families' ports are looked at apart, unless a server has both") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link set lo up 2>&1");
  const unique_fd four = bound(SOCK_STREAM, "0.0.0.0", 8080);
  CHECK(problem({"::", 8080, 80, Protocol::tcp}) == "");
  const unique_fd both(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(8081);
  REQUIRE(::bind(both.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(both.get(), 1) == 0);
  CHECK(problem({"::", 8081, 80, Protocol::tcp}) ==
        "[::]:8081 is in use by another program of this host");
  CHECK(problem({"0.0.0.0", 8081, 80, Protocol::tcp}) ==
        "0.0.0.0:8081 is in use by another program of this host");
  CHECK(problem({"fd00::1", 8081, 80, Protocol::tcp}) == "");  // no address of this host
}
