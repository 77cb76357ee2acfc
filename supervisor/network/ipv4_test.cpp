#include "supervisor/network/ipv4.h"

#include <doctest/doctest.h>

using namespace berth::network;

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
  const Ipv4Subnet subnet = parse_subnet("10.20.0.0/30").value();
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
  CHECK(parse_subnet("10.20.0.5/24").error().what ==
        "the subnet 10.20.0.5/24 has host bits; its base is 10.20.0.0");
  for (const char* text : {"10.0.0.0/31", "10.0.0.0/32", "0.0.0.0/0", "10.0.0.0/7"})
    CHECK_FALSE_MESSAGE(parse_subnet(text).has_value(), text);
  for (const char* text :
       {"10.0.0.0", "10.0.0.0/", "10.0.0.0/24x", "10.0.0.0/024", "/24", "10.0.0/8"})
    CHECK_FALSE_MESSAGE(parse_subnet(text).has_value(), text);
}
