// The question is put to bind(2): ip(7), SO_REUSEADDR of socket(7).
#include "supervisor/network/port_check.h"

#include <cerrno>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/network/ipv4.h"

namespace berth::network {

Result<void> check_port_is_free(const PortSpec& port) {
  const auto host_address = parse_ipv4(port.host_address);
  if (!host_address) return {};  // the definitions' check says so
  const bool tcp = port.protocol == Protocol::tcp;
  const unique_fd socket(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  // With UDP it would let us share the port with whoever else has set it.
  const int yes = 1;
  if (tcp) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port.host_port);
  address.sin_addr.s_addr = htonl(host_address->value);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return {};
  if (errno != EADDRINUSE) return {};
  return fail(port.host_address + ":" + std::to_string(port.host_port) + (tcp ? "" : "/udp") +
              " is in use by another program of this host");
}

}  // namespace berth::network
