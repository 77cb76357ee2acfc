#include "supervisor/network/message.h"

#include <cstring>

#include <doctest/doctest.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "supervisor/network/hostile_names.h"
#include "supervisor/network/link_messages.h"
#include "supervisor/network/names.h"

using namespace berth;
using namespace berth::network;

namespace {

nlmsghdr header_of(const std::string& message) {
  nlmsghdr header{};
  REQUIRE(message.size() >= sizeof header);
  std::memcpy(&header, message.data(), sizeof header);
  return header;
}

// The attributes after a fixed part of this size.
std::vector<Attribute> attributes_of(const std::string& message, std::size_t fixed_size) {
  const auto bytes = std::as_bytes(std::span(message)).subspan(sizeof(nlmsghdr) + fixed_size);
  return parse_attributes(bytes).value();
}

const Attribute& only(const std::vector<Attribute>& attributes, std::uint16_t type) {
  const Attribute* found = nullptr;
  for (const Attribute& attribute : attributes) {
    if (attribute.type != type) continue;
    REQUIRE(found == nullptr);
    found = &attribute;
  }
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("a message has its length, its flags, and its attributes as they were put in") {
  Message built(RTM_NEWLINK, NLM_F_CREATE);
  built.fixed(ifinfomsg{}).text(IFLA_IFNAME, "veth7", 16).number(IFLA_MTU, 1400u);
  built.begin_nested(IFLA_LINKINFO).text(IFLA_INFO_KIND, "veth", 16).end_nested();
  const std::string message = std::move(built).finish().value();
  const nlmsghdr header = header_of(message);
  CHECK(header.nlmsg_len == message.size());
  CHECK(header.nlmsg_type == RTM_NEWLINK);
  CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE));
  const auto attributes = attributes_of(message, sizeof(ifinfomsg));
  REQUIRE(attributes.size() == 3);
  CHECK(only(attributes, IFLA_IFNAME).text() == "veth7");
  CHECK(only(attributes, IFLA_MTU).number() == 1400);
  const auto nested = parse_attributes(only(attributes, IFLA_LINKINFO).payload).value();
  CHECK(only(nested, IFLA_INFO_KIND).text() == "veth");
}

TEST_CASE("texts at the kernel's limit fit, one byte more is an error") {
  const auto put = [](std::size_t size) {
    Message message(RTM_NEWLINK, 0);
    return std::move(message.text(IFLA_IFNAME, std::string(size, 'x'), 16)).finish();
  };
  CHECK(put(15).has_value());
  CHECK(put(16).error().what == "a name of 16 bytes is longer than the kernel's 15");
  CHECK_FALSE(put(65536).has_value());
  CHECK_FALSE(put(65551).has_value());
}

TEST_CASE("too much, a NUL within, and nesting that does not match are errors") {
  const std::vector<std::byte> large(Message::kPayloadMax + 1);
  Message attribute(RTM_NEWLINK, 0);
  CHECK_FALSE(std::move(attribute.bytes(1, large)).finish().has_value());
  Message many(RTM_NEWLINK, 0);
  for (int i = 0; i < 10; ++i) many.bytes(1, std::span(large).first(Message::kPayloadMax));
  CHECK_FALSE(std::move(many).finish().has_value());
  Message nul(RTM_NEWLINK, 0);
  CHECK_FALSE(std::move(nul.text(1, std::string_view("a\0b", 3), 16)).finish().has_value());
  Message open(RTM_NEWLINK, 0);
  CHECK_FALSE(std::move(open.begin_nested(1)).finish().has_value());
  Message closed(RTM_NEWLINK, 0);
  CHECK_FALSE(std::move(closed.end_nested()).finish().has_value());
}

TEST_CASE("attributes with wrong lengths are refused") {
  const auto parse = [](std::vector<unsigned char> bytes) {
    return parse_attributes(std::as_bytes(std::span(bytes))).has_value();
  };
  CHECK(parse({}));
  CHECK(parse({4, 0, 1, 0}));
  CHECK(parse({5, 0, 1, 0, 'x'}));  // the last one may lack its padding
  CHECK_FALSE(parse({3, 0, 1, 0}));
  CHECK_FALSE(parse({0, 0, 1, 0}));
  CHECK_FALSE(parse({9, 0, 1, 0, 'x', 0, 0, 0}));
  CHECK_FALSE(parse({4, 0, 1}));
  CHECK_FALSE(parse({4, 0, 1, 0, 4, 0}));
}

TEST_CASE("ten thousand hostile names give an error, or a message that says exactly that name") {
  testing::HostileNames names;
  int accepted = 0;
  for (int i = 0; i < testing::kHostileNameCount; ++i) {
    const std::string name = names.next();
    // As an alias, where the kernel takes any text.
    const auto adopted = adopt_bridge("br0", name);
    CHECK(adopted.has_value() == (name.size() <= 255 && name.find('\0') == name.npos));
    if (adopted) {
      const auto attributes = attributes_of(*adopted, sizeof(ifinfomsg));
      REQUIRE(attributes.size() == 2);
      REQUIRE(header_of(*adopted).nlmsg_len == adopted->size());
      REQUIRE(only(attributes, IFLA_IFNAME).text() == "br0");
      REQUIRE(only(attributes, IFLA_IFALIAS).text() == name);
    }
    // As a link's name, where only a small alphabet is let through.
    const auto created =
        create_veth({.name = name, .index = 100, .peer_name = "vb0123456789", .peer_netns = 101});
    REQUIRE(created.has_value() == is_valid_link_name(name));
    if (!created) continue;
    ++accepted;
    const auto attributes = attributes_of(*created, sizeof(ifinfomsg));
    REQUIRE(attributes.size() == 3);
    REQUIRE(only(attributes, IFLA_IFNAME).text() == name);
    const auto info = parse_attributes(only(attributes, IFLA_LINKINFO).payload).value();
    const auto data = parse_attributes(only(info, IFLA_INFO_DATA).payload).value();
    const auto peer = only(data, VETH_INFO_PEER).payload.subspan(sizeof(ifinfomsg));
    const auto peer_attributes = parse_attributes(peer).value();
    REQUIRE(only(peer_attributes, IFLA_IFNAME).text() == "vb0123456789");
    REQUIRE(only(peer_attributes, IFLA_NET_NS_FD).number() == 101);
  }
  CHECK(accepted > 100);
}

TEST_CASE("generated names are stable, short, and differ with each of their parts") {
  testing::HostileNames names;
  for (int i = 0; i < testing::kHostileNameCount; ++i) {
    const std::string name = names.next();
    const std::string link = host_link_name("berth0", name, 0);
    REQUIRE(link.size() == 12);
    REQUIRE(is_valid_link_name(link));
  }
  const std::string link = host_link_name("berth0", "web", 0);
  CHECK(link == host_link_name("berth0", "web", 0));
  CHECK(link != host_link_name("berth1", "web", 0));
  CHECK(link != host_link_name("berth0", "web2", 0));
  CHECK(link != host_link_name("berth0", "web", 1));
  CHECK(host_link_name("a", "bc", 0) != host_link_name("ab", "c", 0));
}

TEST_CASE("hardware addresses are stable, unicast and locally administered") {
  for (int i = 0; i < 1000; ++i) {
    const MacAddress mac = container_mac("c" + std::to_string(i), "lan");
    CHECK((mac[0] & 3) == 2);
    CHECK(mac == container_mac("c" + std::to_string(i), "lan"));
    CHECK(mac != container_mac("c" + std::to_string(i), "lan2"));
    CHECK(mac != container_mac("c" + std::to_string(i + 1), "lan"));
  }
  CHECK(bridge_mac("lan") != bridge_mac("default"));
}
