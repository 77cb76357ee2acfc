#include "supervisor/network/hosts.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::network;

TEST_CASE("the hosts file begins with localhost and has the entries in order") {
  const std::vector<HostEntry> entries = {{"10.88.0.3", {"web", "shop"}}, {"10.88.0.2", {"db"}}};
  CHECK(render_hosts(entries, "web") ==
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "10.88.0.3\tweb shop\n"
        "10.88.0.2\tdb\n");
}

TEST_CASE("a hostname that no entry has still resolves") {
  CHECK(render_hosts({}, "lonely")->ends_with("\n127.0.1.1\tlonely\n"));
  CHECK(render_hosts({{"10.88.0.3", {"lonely2"}}}, "lonely")->ends_with("127.0.1.1\tlonely\n"));
}

TEST_CASE("nothing can put a line of its own into the hosts file") {
  CHECK_FALSE(render_hosts({{"10.88.0.3", {"web\n10.0.0.1 evil"}}}, "web").has_value());
  CHECK_FALSE(render_hosts({{"10.88.0.3", {"web evil"}}}, "web").has_value());
  CHECK_FALSE(render_hosts({{"10.88.0.3\n1.2.3.4", {"web"}}}, "web").has_value());
  CHECK_FALSE(render_hosts({{"10.88.0.3", {""}}}, "web").has_value());
  CHECK_FALSE(render_hosts({}, "a\nb").has_value());
}

TEST_CASE("a resolv.conf without loopback servers is kept as it is") {
  const std::string host = "search example\nnameserver 192.0.2.53\noptions ndots:2\n";
  CHECK(container_resolv_conf(host, std::nullopt) == host);
  CHECK(container_resolv_conf(host, "nameserver 192.0.2.99\n") == host);
}

TEST_CASE("the stub of systemd-resolved is replaced by the servers behind it") {
  CHECK(container_resolv_conf("nameserver 127.0.0.53\noptions edns0\n",
                              "nameserver 192.0.2.1\nsearch lan\n") ==
        "nameserver 192.0.2.1\nsearch lan\n");
}

TEST_CASE("loopback servers that cannot be replaced are left out with a comment") {
  const std::string note = "# left out by berth, the host's loopback cannot be reached from here: ";
  CHECK(container_resolv_conf("nameserver 127.0.0.1\n nameserver\t::1\nnameserver 1.1.1.1",
                              std::nullopt) ==
        note + "nameserver 127.0.0.1\n" + note + " nameserver\t::1\nnameserver 1.1.1.1\n");
  CHECK(container_resolv_conf("nameserver 127.0.0.53\n", "nameserver 127.0.0.2\n") ==
        note + "nameserver 127.0.0.2\n");
}

TEST_CASE("odd lines of a resolv.conf are kept and taken for no server") {
  const std::string host = "nameserver\nnameservers 127.0.0.1\n# nameserver 127.0.0.1\n\n";
  CHECK(container_resolv_conf(host, "nameserver 192.0.2.1\n") == host);
  CHECK(container_resolv_conf("", std::nullopt) == "");
}

TEST_CASE("a container's IPv6 address is a line of its own") {
  const std::string text =
      render_hosts({{"10.88.0.2", {"web"}}, {"fd00:88::2", {"web"}}}, "web").value();
  CHECK(text.find("10.88.0.2\tweb\nfd00:88::2\tweb\n") != std::string::npos);
  CHECK_FALSE(render_hosts({{"fd00:88::2%eth0", {"web"}}}, "web").has_value());
}
