#include "supervisor/base/ip_address.h"

#include <doctest/doctest.h>

using namespace berth;

TEST_CASE("an IPv4 address is read and written back the same") {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "10.20.30.40", "255.255.255.255"})
    CHECK(format(parse_ipv4(text).value()) == text);
  CHECK(parse_ipv4("10.0.0.1")->value == 0x0a000001);
  CHECK(parse_ipv4("127.9.9.9")->is_loopback());
  CHECK_FALSE(parse_ipv4("128.0.0.1")->is_loopback());
}

TEST_CASE("what is not exactly an IPv4 address is refused") {
  for (const char* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
        "1.2.3.+4", "1..3.4", "1.2.3.4\n", "localhost", "::1", "1.2.3.99999999999999999999"})
    CHECK_FALSE_MESSAGE(parse_ipv4(text).has_value(), text);
  CHECK_FALSE(parse_ipv4(std::string_view("1.2.3.4\0", 8)).has_value());
  CHECK(parse_ipv4("a\nb").error().what == "\"a?b\" is not an IPv4 address");
}

TEST_CASE("a subnet knows its gateway, broadcast address and what may be assigned") {
  const Ipv4Subnet subnet = parse_ipv4_subnet("10.20.0.0/30").value();
  CHECK(format(subnet) == "10.20.0.0/30");
  CHECK(format(subnet.gateway()) == "10.20.0.1");
  CHECK(format(subnet.broadcast()) == "10.20.0.3");
  CHECK(subnet.assignable({0x0a140002}));
  CHECK_FALSE(subnet.assignable(subnet.base));
  CHECK_FALSE(subnet.assignable(subnet.gateway()));
  CHECK_FALSE(subnet.assignable(subnet.broadcast()));
  CHECK_FALSE(subnet.assignable({0x0a140102}));
}

TEST_CASE("a subnet with host bits, or without room, is refused with the reason") {
  CHECK(parse_ipv4_subnet("10.20.0.5/24").error().what ==
        "the subnet 10.20.0.5/24 has host bits; its base is 10.20.0.0");
  for (const char* text : {"10.0.0.0/31", "10.0.0.0/32", "0.0.0.0/0", "10.0.0.0/7"})
    CHECK_FALSE_MESSAGE(parse_ipv4_subnet(text).has_value(), text);
  for (const char* text :
       {"10.0.0.0", "10.0.0.0/", "10.0.0.0/24x", "10.0.0.0/024", "/24", "10.0.0/8"})
    CHECK_FALSE_MESSAGE(parse_ipv4_subnet(text).has_value(), text);
}

TEST_CASE("an IPv6 address is read in any form and written in one") {
  CHECK(format(parse_ipv6("FD00:0020:0:0::1").value()) == "fd00:20::1");
  CHECK(format(parse_ipv6("::").value()) == "::");
  CHECK(parse_ipv6("::1")->is_loopback());
  CHECK(parse_ipv6("::")->is_any());
  CHECK(parse_ipv6("fe80::1")->is_link_local());
  CHECK_FALSE(parse_ipv6("fec0::1")->is_link_local());
  for (const char* text : {"", ":", "1", "fd00", "10.20.0.1", "fd00::1%eth0", "fd00::1/64", "[::1]",
                           " ::1", "::1 ", "1:2:3:4:5:6:7:8:9", "fd00::12345", "::1::"})
    CHECK_FALSE_MESSAGE(parse_ipv6(text).has_value(), text);
  CHECK_FALSE(parse_ipv6(std::string_view("::1\0", 4)).has_value());
}

TEST_CASE("IPv6 addresses follow one another over the borders of bytes") {
  CHECK(format(parse_ipv6("fd00::ff")->next()) == "fd00::100");
  CHECK(format(parse_ipv6("fd00::ffff:ffff")->next()) == "fd00::1:0:0");
  CHECK(*parse_ipv6("fd00::ff") < *parse_ipv6("fd00::100"));
}

TEST_CASE("an IPv6 subnet knows its gateway, what may be assigned and what it overlaps with") {
  const Ipv6Subnet subnet = parse_ipv6_subnet("fd00:20::a0/123").value();
  CHECK(format(subnet) == "fd00:20::a0/123");
  CHECK(format(subnet.gateway()) == "fd00:20::a1");
  CHECK(format(subnet.last_assignable()) == "fd00:20::bf");
  CHECK(subnet.assignable(parse_ipv6("fd00:20::a2").value()));
  CHECK(subnet.assignable(subnet.last_assignable()));
  CHECK_FALSE(subnet.assignable(subnet.base));
  CHECK_FALSE(subnet.assignable(subnet.gateway()));
  CHECK_FALSE(subnet.assignable(subnet.last_assignable().next()));
  const Ipv6Subnet wide = parse_ipv6_subnet("fd00:20::/64").value();
  CHECK(wide.overlaps(subnet));
  CHECK(subnet.overlaps(wide));
  CHECK_FALSE(wide.overlaps(parse_ipv6_subnet("fd00:20:0:1::/64").value()));
}

TEST_CASE("an IPv6 subnet with host bits, of a wrong size or of reserved addresses is refused") {
  CHECK(parse_ipv6_subnet("fd00:20::5/64").error().what ==
        "the subnet fd00:20::5/64 has host bits; its base is fd00:20::");
  CHECK(parse_ipv6_subnet("fe80::/64").error().what ==
        "the subnet fe80::/64 is of link-local addresses");
  for (const char* text :
       {"ff02::/64", "::/64", "::ffff:10.0.0.0/104", "fd00::/47", "fd00::/125", "fd00::/128",
        "fd00::", "fd00::/", "fd00::/64x", "fd00::/064", "/64", "10.0.0.0/24", "fd00::/129"})
    CHECK_FALSE_MESSAGE(parse_ipv6_subnet(text).has_value(), text);
}

TEST_CASE("IPv4 subnets overlap when one holds the other") {
  const Ipv4Subnet wide = parse_ipv4_subnet("10.0.0.0/8").value();
  CHECK(wide.overlaps(parse_ipv4_subnet("10.20.0.0/24").value()));
  CHECK(parse_ipv4_subnet("10.20.0.0/24")->overlaps(wide));
  CHECK_FALSE(wide.overlaps(parse_ipv4_subnet("11.0.0.0/8").value()));
  CHECK(format(wide.last_assignable()) == "10.255.255.254");
}
