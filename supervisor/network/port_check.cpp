// The question is put to bind(2): ip(7), ipv6(7), SO_REUSEADDR of socket(7).
#include "supervisor/network/port_check.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "supervisor/base/ip_address.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/model/values.h"

namespace berth::network {

namespace {

// A socket's address of either family.
struct Bindable {
  int family = AF_INET;
  sockaddr_storage address{};
  socklen_t size = 0;
};

template <class SocketAddress>
Bindable bindable(int family, const SocketAddress& address) {
  Bindable made{.family = family, .address = {}, .size = sizeof address};
  std::memcpy(&made.address, &address, sizeof address);
  return made;
}

Result<Bindable> bindable_of(const PortSpec& port) {
  if (port.is_ipv6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port.host_port);
    const Ipv6Address host = TRY(parse_ipv6(port.host_address));
    std::memcpy(&address.sin6_addr, host.bytes.data(), host.bytes.size());
    return bindable(AF_INET6, address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port.host_port);
  address.sin_addr.s_addr = htonl(TRY(parse_ipv4(port.host_address)).value);
  return bindable(AF_INET, address);
}

}  // namespace

Result<void> check_port_is_free(const PortSpec& port) {
  const auto wanted = bindable_of(port);
  if (!wanted) return {};  // the definitions' check says so
  const bool tcp = port.protocol == Protocol::tcp;
  const unique_fd socket(
      ::socket(wanted->family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  // With UDP it would let us share the port with whoever else has set it.
  const int yes = 1;
  if (tcp) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // "::" is asked for alone, without the IPv4 addresses.
  if (port.is_ipv6()) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&wanted->address), wanted->size) == 0)
    return {};
  if (errno != EADDRINUSE) return {};
  return fail(show_host_address(port) + ":" + std::to_string(port.host_port) + (tcp ? "" : "/udp") +
              " is in use by another program of this host");
}

}  // namespace berth::network
