// The bytes of rtnetlink requests for links, addresses and routes.
#include "supervisor/network/link_messages.h"

#include <span>

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include "supervisor/network/message.h"

namespace berth::network {
namespace {

// With its terminating NUL (<linux/if.h>, which does not go together with <net/if.h>).
constexpr std::size_t kAliasSize = 256;

constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

Result<void> check_link_name(std::string_view name) {
  if (is_valid_link_name(name)) return {};
  return fail("\"" + std::string(name.substr(0, 64)) + "\" is not a usable name of a link");
}

ifinfomsg link_info(std::uint32_t index, bool up = false) {
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = static_cast<int>(index);
  info.ifi_flags = up ? IFF_UP : 0;
  info.ifi_change = up ? IFF_UP : 0;
  return info;
}

Message& put_mac(Message& message, const MacAddress& mac) {
  return message.bytes(IFLA_ADDRESS, std::as_bytes(std::span(mac)));
}

std::uint32_t wire(Ipv4Address address) { return htonl(address.value); }

ifaddrmsg address_info(int family, std::uint32_t index, unsigned prefix) {
  ifaddrmsg info{};
  info.ifa_family = static_cast<std::uint8_t>(family);
  info.ifa_prefixlen = static_cast<std::uint8_t>(prefix);
  info.ifa_scope = RT_SCOPE_UNIVERSE;
  info.ifa_index = index;
  return info;
}

rtmsg default_route(int family) {
  rtmsg route{};
  route.rtm_family = static_cast<std::uint8_t>(family);
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  return route;
}

}  // namespace

Result<std::string> create_bridge(std::string_view name, std::uint32_t index,
                                  const MacAddress& mac) {
  TRY(check_link_name(name));
  Message message(RTM_NEWLINK, kCreate);
  message.fixed(link_info(index)).text(IFLA_IFNAME, name, IFNAMSIZ);
  put_mac(message, mac);
  message.begin_nested(IFLA_LINKINFO).text(IFLA_INFO_KIND, "bridge", IFNAMSIZ).end_nested();
  return std::move(message).finish();
}

Result<std::string> create_veth(const VethSpec& spec) {
  TRY(check_link_name(spec.name));
  TRY(check_link_name(spec.peer_name));
  Message message(RTM_NEWLINK, kCreate);
  message.fixed(link_info(spec.index)).text(IFLA_IFNAME, spec.name, IFNAMSIZ);
  put_mac(message, spec.mac);
  message.begin_nested(IFLA_LINKINFO).text(IFLA_INFO_KIND, "veth", IFNAMSIZ);
  message.begin_nested(IFLA_INFO_DATA).begin_nested(VETH_INFO_PEER).fixed(link_info(0));
  message.text(IFLA_IFNAME, spec.peer_name, IFNAMSIZ);
  message.number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(spec.peer_netns));
  message.end_nested().end_nested().end_nested();
  return std::move(message).finish();
}

Result<std::string> link_up(std::string_view name) {
  TRY(check_link_name(name));
  Message message(RTM_NEWLINK, 0);
  message.fixed(link_info(0, true)).text(IFLA_IFNAME, name, IFNAMSIZ);
  return std::move(message).finish();
}

Result<std::string> adopt_bridge(std::string_view name, std::string_view alias) {
  TRY(check_link_name(name));
  Message message(RTM_NEWLINK, 0);
  message.fixed(link_info(0, true)).text(IFLA_IFNAME, name, IFNAMSIZ);
  message.text(IFLA_IFALIAS, alias, kAliasSize);
  return std::move(message).finish();
}

Result<std::string> enslave(std::string_view name, std::uint32_t bridge_index,
                            std::string_view alias) {
  TRY(check_link_name(name));
  Message message(RTM_NEWLINK, 0);
  message.fixed(link_info(0, true)).text(IFLA_IFNAME, name, IFNAMSIZ);
  message.text(IFLA_IFALIAS, alias, kAliasSize).number(IFLA_MASTER, bridge_index);
  return std::move(message).finish();
}

Result<std::string> set_hairpin(std::string_view name) {
  TRY(check_link_name(name));
  Message message(RTM_NEWLINK, 0);
  message.fixed(link_info(0)).text(IFLA_IFNAME, name, IFNAMSIZ);
  message.begin_nested(IFLA_LINKINFO).text(IFLA_INFO_SLAVE_KIND, "bridge", IFNAMSIZ);
  message.begin_nested(IFLA_INFO_SLAVE_DATA).number(IFLA_BRPORT_MODE, std::uint8_t{1});
  message.end_nested().end_nested();
  return std::move(message).finish();
}

Result<std::string> delete_link(std::string_view name) {
  TRY(check_link_name(name));
  Message message(RTM_DELLINK, 0);
  message.fixed(link_info(0)).text(IFLA_IFNAME, name, IFNAMSIZ);
  return std::move(message).finish();
}

Result<std::string> add_address(std::uint32_t index, Ipv4Address address,
                                const Ipv4Subnet& subnet) {
  Message message(RTM_NEWADDR, kCreate);
  message.fixed(address_info(AF_INET, index, subnet.prefix));
  message.number(IFA_LOCAL, wire(address)).number(IFA_ADDRESS, wire(address));
  message.number(IFA_BROADCAST, wire(subnet.broadcast()));
  return std::move(message).finish();
}

Result<std::string> delete_address(std::uint32_t index, Ipv4Address address, unsigned prefix) {
  Message message(RTM_DELADDR, 0);
  message.fixed(address_info(AF_INET, index, prefix));
  message.number(IFA_LOCAL, wire(address)).number(IFA_ADDRESS, wire(address));
  return std::move(message).finish();
}

Result<std::string> add_default_route(std::uint32_t index, Ipv4Address gateway) {
  Message message(RTM_NEWROUTE, kCreate);
  message.fixed(default_route(AF_INET));
  message.number(RTA_GATEWAY, wire(gateway)).number(RTA_OIF, index);
  return std::move(message).finish();
}

Result<std::string> add_address(std::uint32_t index, const Ipv6Address& address,
                                const Ipv6Subnet& subnet) {
  ifaddrmsg info = address_info(AF_INET6, index, subnet.prefix);
  info.ifa_flags = IFA_F_NODAD;
  Message message(RTM_NEWADDR, kCreate);
  message.fixed(info).bytes(IFA_ADDRESS, std::as_bytes(std::span(address.bytes)));
  return std::move(message).finish();
}

Result<std::string> delete_address(std::uint32_t index, const Ipv6Address& address,
                                   unsigned prefix) {
  Message message(RTM_DELADDR, 0);
  message.fixed(address_info(AF_INET6, index, prefix));
  message.bytes(IFA_ADDRESS, std::as_bytes(std::span(address.bytes)));
  return std::move(message).finish();
}

Result<std::string> add_default_route(std::uint32_t index, const Ipv6Address& gateway) {
  Message message(RTM_NEWROUTE, kCreate);
  message.fixed(default_route(AF_INET6));
  message.bytes(RTA_GATEWAY, std::as_bytes(std::span(gateway.bytes))).number(RTA_OIF, index);
  return std::move(message).finish();
}

}  // namespace berth::network
