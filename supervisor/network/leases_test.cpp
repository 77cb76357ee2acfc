#include "supervisor/network/leases.h"

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"

using namespace berth;
using namespace berth::network;

namespace {

const Ipv4Subnet kSubnet = parse_ipv4_subnet("10.20.0.0/24").value();

std::string lease(Leases& leases, const char* container, const char* requested = "") {
  const auto address = assign(kSubnet, leases, "lan", container, requested);
  return address ? format(*address) : address.error().what;
}

}  // namespace

TEST_CASE("addresses are given in order after the gateway, and kept") {
  Leases leases;
  CHECK(lease(leases, "a") == "10.20.0.2");
  CHECK(lease(leases, "b") == "10.20.0.3");
  CHECK(lease(leases, "a") == "10.20.0.2");
  release(leases, "a");
  CHECK(lease(leases, "c") == "10.20.0.2");
  CHECK(lease(leases, "a") == "10.20.0.4");
}

TEST_CASE("networks lease independently of each other") {
  Leases leases;
  CHECK(format(*assign(kSubnet, leases, "one", "a")) == "10.20.0.2");
  CHECK(format(*assign(kSubnet, leases, "two", "b")) == "10.20.0.2");
  release(leases, "a");
  CHECK(render(leases) == "two b 10.20.0.2\n");
}

TEST_CASE("a requested address is given, kept from others, and refused when another holds it") {
  Leases leases;
  CHECK(lease(leases, "a", "10.20.0.2") == "10.20.0.2");
  CHECK(lease(leases, "b") == "10.20.0.3");
  CHECK(lease(leases, "b", "10.20.0.2") == "10.20.0.2 is held by container a");
  CHECK(lease(leases, "b") == "10.20.0.3");
  CHECK(lease(leases, "b", "10.20.0.9") == "10.20.0.9");
  CHECK(lease(leases, "b", "10.20.0.9") == "10.20.0.9");
}

TEST_CASE("a requested address outside of the hosts' is refused with the reason") {
  Leases leases;
  CHECK(lease(leases, "a", "10.20.0.1") ==
        "10.20.0.1 is the gateway of network lan (10.20.0.0/24)");
  CHECK(lease(leases, "a", "10.21.0.1") ==
        "10.21.0.1 is not an address of network lan (10.20.0.0/24)");
  CHECK(lease(leases, "a", "10.20.0.255") ==
        "10.20.0.255 is no address of a host of network lan (10.20.0.0/24)");
  CHECK(lease(leases, "a", "x") == "\"x\" is not an IPv4 address");
  CHECK(leases == Leases{});
}

TEST_CASE("a full network says so, and leases nothing") {
  const Ipv4Subnet subnet = parse_ipv4_subnet("10.0.0.0/29").value();
  Leases leases;
  for (int i = 0; i < 5; ++i) CHECK(assign(subnet, leases, "lan", "c" + std::to_string(i)));
  const Leases before = leases;
  CHECK(assign(subnet, leases, "lan", "late").error().what ==
        "network lan has no free address left in 10.0.0.0/29: all 5 are leased");
  CHECK(leases == before);
}

TEST_CASE("a lease of a former subnet is replaced") {
  Leases leases;
  CHECK(lease(leases, "a") == "10.20.0.2");
  CHECK(format(*assign(parse_ipv4_subnet("10.30.0.0/24").value(), leases, "lan", "a")) ==
        "10.30.0.2");
}

TEST_CASE("retain releases the containers that are no longer known") {
  Leases leases;
  for (const char* name : {"a", "b", "c"}) lease(leases, name);
  retain(leases, {"b", "x"});
  CHECK(render(leases) == "lan b 10.20.0.3\n");
}

TEST_CASE("leases are written sorted and read back the same") {
  Leases leases;
  lease(leases, "web");
  lease(leases, "db", "10.20.0.200");
  CHECK(assign(kSubnet, leases, "default", "web"));
  const std::string text = render(leases);
  CHECK(text == "default web 10.20.0.2\nlan db 10.20.0.200\nlan web 10.20.0.2\n");
  CHECK(parse_leases(text) == leases);
  CHECK(parse_leases("") == Leases{});
}

TEST_CASE("a bad line is refused by its number") {
  const std::string good = "lan a 10.20.0.2\n";
  const auto problem = [&](const std::string& line) {
    const auto parsed = parse_leases(good + line);
    return parsed ? "read" : parsed.error().what;
  };
  CHECK(problem("lan b\n") == "line 2 is not \"NETWORK CONTAINER ADDRESS\"");
  CHECK(problem("lan b 10.20.0.3 x\n") == "line 2 is not \"NETWORK CONTAINER ADDRESS\"");
  CHECK(problem("\n") == "line 2 is not \"NETWORK CONTAINER ADDRESS\"");
  CHECK(problem("lan  10.20.0.3\n") == "line 2 has no valid container name");
  CHECK(problem("../x b 10.20.0.3\n") == "line 2 has no valid network name");
  CHECK(problem("lan b 10.20.0.2\n") == "line 2 leases 10.20.0.2 again, after a");
  CHECK(problem("lan a 10.20.0.3\n") == "line 2 leases a second address to a");
  CHECK(problem("lan b 10.20.0.3") == "line 2 is cut off");
  CHECK(problem("lan b 10.20.0.3\n") == "read");
}

TEST_CASE("a lease is never made under a name that the file could not hold") {
  Leases leases;
  for (const char* name : {"", "a b", "a\nlan x 10.20.0.9", "-a", "A", "../a"})
    CHECK_FALSE_MESSAGE(assign(kSubnet, leases, "lan", name).has_value(), name);
  CHECK(leases == Leases{});
}

TEST_CASE("the file is replaced as a whole, private, and a bad one is an error that names it") {
  char directory[] = "/tmp/berth-leases-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/leases";
  const scope_exit clean_up([&] {
    ::unlink(path.c_str());
    ::rmdir(directory);
  });
  CHECK(load_leases(path) == Leases{});
  Leases leases;
  lease(leases, "a");
  REQUIRE(save(leases, path));
  lease(leases, "b");
  REQUIRE(save(leases, path));
  CHECK(load_leases(path) == leases);
  CHECK(::access((path + ".new").c_str(), F_OK) != 0);
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  std::ofstream(path) << "lan a\n";
  CHECK(load_leases(path).error().what == path + ": line 1 is not \"NETWORK CONTAINER ADDRESS\"");
  CHECK(save(leases, std::string(directory) + "/missing/leases").error().code == ENOENT);
}

TEST_CASE("addresses of IPv6 are leased beside those of IPv4, kept, and freed with them") {
  const Ipv6Subnet subnet = parse_ipv6_subnet("fd00:20::/64").value();
  Leases leases;
  lease(leases, "a");
  CHECK(format(assign(subnet, leases, "lan", "a").value()) == "fd00:20::2");
  CHECK(format(assign(subnet, leases, "lan", "b").value()) == "fd00:20::3");
  CHECK(format(assign(subnet, leases, "lan", "c", "fd00:20::ff").value()) == "fd00:20::ff");
  CHECK(format(assign(subnet, leases, "lan", "a").value()) == "fd00:20::2");
  CHECK(assign(subnet, leases, "lan", "d", "fd00:20::1").error().what ==
        "fd00:20::1 is the gateway of network lan (fd00:20::/64)");
  CHECK(assign(subnet, leases, "lan", "d", "fd00:20::3").error().what ==
        "fd00:20::3 is held by container b");
  const std::string text = render(leases);
  CHECK(text == "lan a 10.20.0.2\nlan a fd00:20::2\nlan b fd00:20::3\nlan c fd00:20::ff\n");
  CHECK(parse_leases(text) == leases);
  CHECK(parse_leases("lan a fd00::2\nlan b fd00::2\n").error().what ==
        "line 2 leases fd00::2 again, after a");
  release(leases, "a");
  retain(leases, {"c"});
  CHECK(render(leases) == "lan c fd00:20::ff\n");
}

TEST_CASE("a small subnet of IPv6 is used up to its last address") {
  const Ipv6Subnet subnet = parse_ipv6_subnet("fd00::/124").value();
  Leases leases;
  for (int i = 2; i < 16; ++i)
    REQUIRE(assign(subnet, leases, "lan", "c" + std::to_string(i)).has_value());
  CHECK(render(leases).find("fd00::f\n") != std::string::npos);
  CHECK(assign(subnet, leases, "lan", "late").error().what ==
        "network lan has no free address left in fd00::/124: all 14 are leased");
}
