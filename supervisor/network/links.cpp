// Dumps of links and addresses: RTM_GETLINK, RTM_GETADDR (rtnetlink(7)).
#include "supervisor/network/links.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/network/message.h"

namespace berth::network {
namespace {

// The kernel builds dump messages in pages of at most this size (NLMSG_GOODSIZE, netlink(7)).
constexpr std::size_t kBufferSize = 65536;
constexpr int kTries = 20;

using Bytes = std::span<const std::byte>;
// Takes the type and what follows the header of one message of the dump.
using OnMessage = std::function<Result<void>(std::uint16_t type, Bytes body)>;

template <class Fixed>
Result<Fixed> take_fixed(Bytes& body) {
  Fixed fixed{};
  if (body.size() < sizeof fixed) return fail("a netlink message is cut off");
  std::memcpy(&fixed, body.data(), sizeof fixed);
  body = body.subspan(std::min(body.size(), (sizeof fixed + 3) & ~std::size_t{3}));
  return fixed;
}

// Hands on the messages of one datagram. True: the dump is complete.
Result<bool> take_datagram(Bytes datagram, const OnMessage& on_message) {
  while (!datagram.empty()) {
    Bytes rest = datagram;
    const auto header = TRY(take_fixed<nlmsghdr>(rest));
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size())
      return fail("a netlink message has a wrong length");
    const Bytes body = datagram.subspan(sizeof header, header.nlmsg_len - sizeof header);
    // A link came or went meanwhile: what was listed may lack another one.
    if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) return fail_errno("they change", EAGAIN);
    if (header.nlmsg_type == NLMSG_DONE) return true;
    if (header.nlmsg_type == NLMSG_ERROR) {
      Bytes error = body;
      return fail_errno("the kernel refused", -TRY(take_fixed<nlmsgerr>(error)).error);
    }
    TRY(on_message(header.nlmsg_type, body));
    datagram = datagram.subspan(
        std::min<std::size_t>(datagram.size(), (header.nlmsg_len + 3) & ~std::size_t{3}));
  }
  return false;
}

template <class Fixed>
Result<void> request_dump(int socket, std::uint16_t type, const Fixed& fixed) {
  Message request(type, NLM_F_DUMP);
  request.fixed(fixed);
  const std::string bytes = TRY(std::move(request).finish());
  if (::send(socket, bytes.data(), bytes.size(), 0) < 0) return fail_errno("cannot ask");
  return {};
}

Result<void> read_dump(int socket, const OnMessage& on_message) {
  std::vector<std::byte> buffer(kBufferSize);
  for (;;) {
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot receive");
    if (static_cast<std::size_t>(size) > buffer.size()) return fail("an answer is too large");
    if (TRY(take_datagram(Bytes(buffer).first(static_cast<std::size_t>(size)), on_message)))
      return {};
  }
}

// IFLA_AF_SPEC: for each family what it knows of the link; of IPv6 among it the array of settings,
// by DEVCONF_*.
Result<void> take_settings(Bytes families, LinkInfo& link) {
  for (const Attribute& family : TRY(parse_attributes(families))) {
    if (family.type != AF_INET6) continue;
    for (const Attribute& detail : TRY(parse_attributes(family.payload))) {
      if (detail.type != IFLA_INET6_CONF) continue;
      const auto setting = [&](std::size_t which) {
        std::int32_t value = 0;
        const std::size_t at = which * sizeof value;
        if (at + sizeof value <= detail.payload.size())
          std::memcpy(&value, detail.payload.data() + at, sizeof value);
        return value;
      };
      link.loses_routers = setting(DEVCONF_ACCEPT_RA) == 1 && setting(DEVCONF_FORWARDING) == 0;
    }
  }
  return {};
}

Result<void> take_link(Bytes body, std::map<std::uint32_t, LinkInfo>& links) {
  const auto info = TRY(take_fixed<ifinfomsg>(body));
  LinkInfo link;
  link.index = static_cast<std::uint32_t>(info.ifi_index);
  link.up = (info.ifi_flags & IFF_UP) != 0;
  for (const Attribute& attribute : TRY(parse_attributes(body))) {
    if (attribute.type == IFLA_IFNAME) link.name = attribute.text();
    if (attribute.type == IFLA_IFALIAS) link.alias = attribute.text();
    if (attribute.type == IFLA_MASTER) link.master = attribute.number();
    if (attribute.type == IFLA_ADDRESS && attribute.payload.size() == link.mac.size())
      std::memcpy(link.mac.data(), attribute.payload.data(), link.mac.size());
    if (attribute.type == IFLA_AF_SPEC) TRY(take_settings(attribute.payload, link));
    if (attribute.type != IFLA_LINKINFO) continue;
    for (const Attribute& detail : TRY(parse_attributes(attribute.payload)))
      if (detail.type == IFLA_INFO_KIND) link.kind = detail.text();
  }
  links.insert_or_assign(link.index, std::move(link));
  return {};
}

Result<void> take_address(Bytes body, std::map<std::uint32_t, LinkInfo>& links) {
  const auto info = TRY(take_fixed<ifaddrmsg>(body));
  const auto link = links.find(info.ifa_index);
  if (link == links.end()) return {};
  for (const Attribute& attribute : TRY(parse_attributes(body))) {
    if (info.ifa_family == AF_INET && attribute.type == IFA_LOCAL)
      link->second.addresses.push_back({{ntohl(attribute.number())}, info.ifa_prefixlen});
    if (info.ifa_family != AF_INET6 || attribute.type != IFA_ADDRESS) continue;
    LinkAddress6 held{.address = {}, .prefix = info.ifa_prefixlen};
    if (attribute.payload.size() != held.address.bytes.size()) continue;
    std::memcpy(held.address.bytes.data(), attribute.payload.data(), held.address.bytes.size());
    if (!held.address.is_link_local()) link->second.addresses6.push_back(held);
  }
  return {};
}

Result<std::map<std::uint32_t, LinkInfo>> dump_links(int socket) {
  std::map<std::uint32_t, LinkInfo> links;
  TRY(request_dump(socket, RTM_GETLINK, ifinfomsg{}));
  TRY(read_dump(socket, [&](std::uint16_t type, Bytes body) -> Result<void> {
    return type == RTM_NEWLINK ? take_link(body, links) : Result<void>{};
  }));
  TRY(request_dump(socket, RTM_GETADDR, ifaddrmsg{}));  // AF_UNSPEC: of all families
  TRY(read_dump(socket, [&](std::uint16_t type, Bytes body) -> Result<void> {
    return type == RTM_NEWADDR ? take_address(body, links) : Result<void>{};
  }));
  return links;
}

}  // namespace

Result<std::vector<LinkInfo>> list_links() {
  // Each try has a socket of its own, so that the rest of a torn answer is never read.
  Result<std::map<std::uint32_t, LinkInfo>> links;
  for (int tries = 0; tries < kTries; ++tries) {
    const unique_fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) return fail_errno("cannot open a netlink socket");
    links = dump_links(socket.get());
    if (links || links.error().code != EAGAIN) break;
  }
  if (!links) return std::unexpected(std::move(links).error().within("cannot list the links"));
  std::vector<LinkInfo> listed;
  for (auto& [index, link] : *links) listed.push_back(std::move(link));
  return listed;
}

const LinkInfo* find_link(std::span<const LinkInfo> links, std::string_view name) {
  const auto found = std::ranges::find(links, name, &LinkInfo::name);
  return found == links.end() ? nullptr : &*found;
}

}  // namespace berth::network
