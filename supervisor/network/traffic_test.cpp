// What the rules do to packets: real namespaces, bridges and connections. Nothing waits for a fixed
// time: that something did not arrive is known once something that was sent later has.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include "supervisor/network/link_messages.h"
#include "supervisor/network/links.h"
#include "supervisor/network/network_program.h"
#include "supervisor/network/real_kernel.h"
#include "supervisor/network/rules.h"
#include "supervisor/network/sandbox_program.h"

using namespace berth;
using namespace berth::network;
using nlohmann::json;
using testing::Player;
using testing::Within;

namespace {

// For what must happen: far longer than it ever takes.
constexpr int kPatienceMs = 10000;

enum class Answer { connected, refused, silent };

sockaddr_in address_of(const char* host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(parse_ipv4(host).value().value);
  return address;
}

unique_fd bound_socket(int netns, int type, const char* host, std::uint16_t port) {
  const Within inside(netns);
  unique_fd made(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(host, port);
  REQUIRE(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(made.get(), 16) == 0);
  return made;
}

unique_fd begin_connect(int netns, const char* host, std::uint16_t port) {
  const Within inside(netns);
  unique_fd made(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(host, port);
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    REQUIRE_MESSAGE(errno == EINPROGRESS, std::strerror(errno));
  return made;
}

bool becomes(int fd, short event, int timeout_ms) {
  pollfd wanted{.fd = fd, .events = event, .revents = 0};
  return ::poll(&wanted, 1, timeout_ms) == 1;
}

Answer answer_of(int socket, int timeout_ms) {
  if (!becomes(socket, POLLOUT, timeout_ms)) return Answer::silent;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Answer::connected : Answer::refused;
}

// Who a listener sees calling; "" when nobody has called.
std::string caller_of(int listener, int timeout_ms = kPatienceMs) {
  if (!becomes(listener, POLLIN, timeout_ms)) return "";
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const unique_fd accepted(
      ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
  return accepted ? format(Ipv4Address{ntohl(peer.sin_addr.s_addr)}) : "";
}

// All in one namespace's view: the "host" with an uplink to an "outside" machine, a bridge with two
// containers; the first one listens on 8080 (TCP) and 5353 (UDP).
class Site {
 public:
  static constexpr const char* kHostUplink = "192.0.2.1";
  static constexpr const char* kOutside = "192.0.2.2";
  static constexpr const char* kGateway = "10.77.0.1";
  static constexpr const char* kShop = "10.77.0.2";

  explicit Site(bool bridge_nf) : outside_(testing::make_netns()) {
    // Packets of one CPU are handled in their order: what was sent first has been handled first.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    ::sched_getaffinity(0, sizeof before_, &before_);
    ::sched_setaffinity(0, sizeof one, &one);
    testing::write_text("/proc/sys/net/bridge/bridge-nf-call-iptables", bridge_nf ? "1" : "0");
    REQUIRE(Player().play(compile_create_network(lan(), list_links().value()).value()) == "");
    testing::output_of("ip link set lo up 2>&1");
    shop_ = make_container("shop", kShop);
    neighbour_ = make_container("neighbour", "10.77.0.3");
    make_uplink();
    apply(view());
    web_ = bound_socket(shop_.get(), SOCK_STREAM, "0.0.0.0", 8080);
  }
  ~Site() { ::sched_setaffinity(0, sizeof before_, &before_); }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  static NetworkSpec lan() { return {.name = "lan", .bridge = "br-lan", .subnet = "10.77.0.0/24"}; }
  // 9001: on the host's loopback only; 9002: everywhere; 9003: on the uplink's address
  static NetworkView view(bool nat = true) {
    NetworkView view;
    view.bridges = {{"lan", "br-lan", "10.77.0.0/24", nat}};
    view.ports = {{"shop", kShop, {"127.0.0.1", 9001, 8080, Protocol::tcp}},
                  {"shop", kShop, {"0.0.0.0", 9002, 8080, Protocol::tcp}},
                  {"shop", kShop, {kHostUplink, 9003, 8080, Protocol::tcp}},
                  {"shop", kShop, {"127.0.0.1", 9001, 5353, Protocol::udp}},
                  {"shop", kShop, {"0.0.0.0", 9002, 5353, Protocol::udp}}};
    return view;
  }
  void apply(const NetworkView& view) {
    const auto bridges = bridges_from_loopback(view);
    REQUIRE(Player().play(compile_apply_rules(render_rules(view, "berth").value(), bridges)) == "");
  }
  void apply_text(const std::string& rules) {
    REQUIRE(Player().play(compile_apply_rules(rules)) == "");
  }

  [[nodiscard]] int host() const { return host_.get(); }
  [[nodiscard]] int shop() const { return shop_.get(); }
  [[nodiscard]] int neighbour() const { return neighbour_.get(); }
  [[nodiscard]] int outside() const { return outside_.get(); }

  // Whom the shop's listener sees when somebody connects; "refused" when he is.
  std::string shop_sees(int netns, const char* host, std::uint16_t port) {
    const unique_fd caller = begin_connect(netns, host, port);
    const Answer answer = answer_of(caller.get(), kPatienceMs);
    if (answer != Answer::connected) return answer == Answer::refused ? "refused" : "silent";
    return caller_of(web_.get());
  }

  // Whether a connection is answered. When it is not, that is known from the success of another
  // one by the same way, begun later: to port 9002 of `barrier`.
  Answer attempt(int netns, const char* host, std::uint16_t port, const char* barrier) {
    const unique_fd caller = begin_connect(netns, host, port);
    if (barrier == nullptr) return answer_of(caller.get(), kPatienceMs);
    const std::string seen = shop_sees(netns, barrier, 9002);
    REQUIRE(seen != "refused");
    REQUIRE(seen != "silent");
    return answer_of(caller.get(), 0);
  }

 private:
  unique_fd make_container(const char* name, const char* address) {
    ContainerSpec spec;
    spec.name = name;
    const auto links = list_links().value();
    const std::vector<Attachment> attachments = {{"lan", find_link(links, "br-lan")->index,
                                                  parse_ipv4_subnet("10.77.0.0/24").value(),
                                                  parse_ipv4(address).value()}};
    return testing::play_sandbox(compile_create_sandbox(spec, "br-lan", attachments, 1).value(),
                                 kNetnsSlot);
  }

  void make_uplink() {
    const unique_fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    const std::string pair = create_veth({.name = "up0",
                                          .index = 500,
                                          .mac = container_mac("up", "up"),
                                          .peer_name = "eth0",
                                          .peer_netns = outside_.get()})
                                 .value();
    REQUIRE(testing::send_request(netlink.get(), pair) == 0);
    testing::output_of("ip addr add 192.0.2.1/24 dev up0 && ip link set up0 up 2>&1");
    const Within there(outside_.get());
    testing::output_of("ip addr add 192.0.2.2/24 dev eth0 && ip link set eth0 up 2>&1");
    testing::output_of("ip link set lo up && ip route add 10.77.0.0/24 via 192.0.2.1 2>&1");
  }

  testing::HostNetns host_;
  cpu_set_t before_{};
  unique_fd outside_;
  unique_fd shop_;
  unique_fd neighbour_;
  unique_fd web_;
};

// Makes a machine believe that 127.0.0.1 is beyond a gateway, as root on it can.
void aim_loopback_at(int netns, const std::string& gateway) {
  const Within there(netns);
  REQUIRE(testing::write_text("/proc/sys/net/ipv4/conf/eth0/route_localnet", "1") == 0);
  testing::output_of("ip addr del 127.0.0.1/8 dev lo && ip route add 127.0.0.1 via " + gateway +
                     " dev eth0 2>&1");
}

// The rules without those of one chain.
std::string without_chain(const std::string& rules, const std::string& chain) {
  json document = json::parse(rules);
  json kept = json::array();
  for (const json& command : document["nftables"]) {
    const auto added = command.find("add");
    const bool is_rule = added != command.end() && added->contains("rule");
    if (!is_rule || (*added)["rule"]["chain"] != chain) kept.push_back(command);
  }
  CHECK(kept.size() < document["nftables"].size());
  document["nftables"] = kept;
  return document.dump();
}

std::vector<bool> bridge_nf_settings() {
  if (::access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK) == 0) return {false, true};
  return {false};
}

}  // namespace

TEST_CASE("a port published on 127.0.0.1 works from the host and only from it") {
  if (!testing::can_make_namespaces()) return;
  for (const bool bridge_nf : bridge_nf_settings()) {
    CAPTURE(bridge_nf);
    Site site(bridge_nf);
    CHECK(site.shop_sees(site.host(), "127.0.0.1", 9001) == Site::kGateway);
    CHECK(site.attempt(site.host(), Site::kHostUplink, 9001, nullptr) == Answer::refused);
    CHECK(site.attempt(site.outside(), Site::kHostUplink, 9001, nullptr) == Answer::refused);
    CHECK(site.attempt(site.neighbour(), Site::kGateway, 9001, nullptr) == Answer::refused);
    CHECK(site.attempt(site.neighbour(), Site::kHostUplink, 9001, nullptr) == Answer::refused);
    CHECK(site.attempt(site.shop(), Site::kGateway, 9001, nullptr) == Answer::refused);
  }
}

TEST_CASE("a port published on 0.0.0.0 works from everywhere, the container itself included") {
  if (!testing::can_make_namespaces()) return;
  for (const bool bridge_nf : bridge_nf_settings()) {
    CAPTURE(bridge_nf);
    Site site(bridge_nf);
    CHECK(site.shop_sees(site.host(), "127.0.0.1", 9002) == Site::kGateway);
    CHECK(site.shop_sees(site.host(), Site::kHostUplink, 9002) != "silent");
    CHECK(site.shop_sees(site.outside(), Site::kHostUplink, 9002) == Site::kOutside);
    CHECK(site.shop_sees(site.neighbour(), Site::kGateway, 9002) == Site::kGateway);
    CHECK(site.shop_sees(site.neighbour(), Site::kHostUplink, 9002) == Site::kGateway);
    CHECK(site.shop_sees(site.shop(), Site::kGateway, 9002) == Site::kGateway);
    CHECK(site.shop_sees(site.shop(), Site::kHostUplink, 9002) == Site::kGateway);
  }
}

TEST_CASE("a port published on one address works on that address alone") {
  if (!testing::can_make_namespaces()) return;
  Site site(false);
  CHECK(site.shop_sees(site.outside(), Site::kHostUplink, 9003) == Site::kOutside);
  CHECK(site.shop_sees(site.host(), Site::kHostUplink, 9003) != "refused");
  CHECK(site.attempt(site.host(), "127.0.0.1", 9003, nullptr) == Answer::refused);
  CHECK(site.attempt(site.neighbour(), Site::kGateway, 9003, nullptr) == Answer::refused);
}

TEST_CASE("published UDP ports are answered from where they were asked") {
  if (!testing::can_make_namespaces()) return;
  Site site(true);
  const unique_fd server = bound_socket(site.shop(), SOCK_DGRAM, "0.0.0.0", 5353);
  const auto asks = [&](int netns, const char* host, std::uint16_t port) {
    const Within inside(netns);
    const unique_fd client(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in address = address_of(host, port);
    // Connected: an answer from another address than that asked is not received.
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::send(client.get(), "?", 1, 0) == 1);
    REQUIRE(becomes(server.get(), POLLIN, kPatienceMs));
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    char byte = 0;
    REQUIRE(::recvfrom(server.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&peer), &size) == 1);
    REQUIRE(::sendto(server.get(), "!", 1, 0, reinterpret_cast<sockaddr*>(&peer), size) == 1);
    REQUIRE(becomes(client.get(), POLLIN, kPatienceMs));
    return ::recv(client.get(), &byte, 1, 0) == 1 && byte == '!';
  };
  CHECK(asks(site.host(), "127.0.0.1", 9001));
  CHECK(asks(site.outside(), Site::kHostUplink, 9002));
  CHECK(asks(site.neighbour(), Site::kGateway, 9002));
}

TEST_CASE("containers reach the outside under the host's address, and each other under their own") {
  if (!testing::can_make_namespaces()) return;
  for (const bool bridge_nf : bridge_nf_settings()) {
    CAPTURE(bridge_nf);
    Site site(bridge_nf);
    const unique_fd service = bound_socket(site.outside(), SOCK_STREAM, "0.0.0.0", 7000);
    const unique_fd caller = begin_connect(site.shop(), Site::kOutside, 7000);
    CHECK(answer_of(caller.get(), kPatienceMs) == Answer::connected);
    CHECK(caller_of(service.get()) == Site::kHostUplink);
    CHECK(site.shop_sees(site.neighbour(), Site::kShop, 8080) == "10.77.0.3");
  }
}

TEST_CASE("without nat, containers show their own addresses and can be routed to") {
  if (!testing::can_make_namespaces()) return;
  Site site(false);
  site.apply(Site::view(false));
  CHECK(site.shop_sees(site.outside(), Site::kShop, 8080) == Site::kOutside);
  const unique_fd service = bound_socket(site.outside(), SOCK_STREAM, "0.0.0.0", 7000);
  const unique_fd caller = begin_connect(site.shop(), Site::kOutside, 7000);
  CHECK(answer_of(caller.get(), kPatienceMs) == Answer::connected);
  CHECK(caller_of(service.get()) == Site::kShop);
}

TEST_CASE("with nat, nobody gets around the published ports with a route of his own") {
  if (!testing::can_make_namespaces()) return;
  Site site(false);
  CHECK(site.attempt(site.outside(), Site::kShop, 8080, Site::kHostUplink) == Answer::silent);
  // And it is this rule that keeps them out.
  site.apply_text(without_chain(render_rules(Site::view(), "berth").value(), "filter_forward"));
  CHECK(site.attempt(site.outside(), Site::kShop, 8080, nullptr) == Answer::connected);
}

TEST_CASE("a neighbour on the bridge cannot reach the host's loopback") {
  if (!testing::can_make_namespaces()) return;
  for (const bool bridge_nf : bridge_nf_settings()) {
    CAPTURE(bridge_nf);
    Site site(bridge_nf);
    const unique_fd secret = bound_socket(site.host(), SOCK_STREAM, "127.0.0.1", 6000);
    aim_loopback_at(site.neighbour(), Site::kGateway);
    // The host's own service, and a port that is published on its loopback.
    CHECK(site.attempt(site.neighbour(), "127.0.0.1", 6000, Site::kGateway) == Answer::silent);
    CHECK(caller_of(secret.get(), 0) == "");
    CHECK(site.attempt(site.neighbour(), "127.0.0.1", 9001, Site::kGateway) == Answer::silent);
    // The attack works where the rule is missing: it is the rule that stops it.
    site.apply_text(without_chain(render_rules(Site::view(), "berth").value(), "raw_prerouting"));
    CHECK(site.attempt(site.neighbour(), "127.0.0.1", 6000, nullptr) == Answer::connected);
    CHECK(caller_of(secret.get()) == "10.77.0.3");
  }
}

TEST_CASE(
    "a neighbour on the uplink cannot reach the host's loopback, even if it is routed there") {
  if (!testing::can_make_namespaces()) return;
  Site site(false);
  REQUIRE(testing::write_text("/proc/sys/net/ipv4/conf/up0/route_localnet", "1") == 0);
  const unique_fd secret = bound_socket(site.host(), SOCK_STREAM, "127.0.0.1", 6000);
  aim_loopback_at(site.outside(), Site::kHostUplink);
  CHECK(site.attempt(site.outside(), "127.0.0.1", 6000, Site::kHostUplink) == Answer::silent);
  CHECK(caller_of(secret.get(), 0) == "");
  site.apply_text(without_chain(render_rules(Site::view(), "berth").value(), "raw_prerouting"));
  CHECK(site.attempt(site.outside(), "127.0.0.1", 6000, nullptr) == Answer::connected);
}

TEST_CASE("rules that are applied anew do not cut connections") {
  if (!testing::can_make_namespaces()) return;
  Site site(true);
  const unique_fd service = bound_socket(site.shop(), SOCK_STREAM, "0.0.0.0", 8081);
  NetworkView view = Site::view();
  view.ports.push_back({"shop", Site::kShop, {"0.0.0.0", 9004, 8081, Protocol::tcp}});
  site.apply(view);
  const unique_fd caller = begin_connect(site.outside(), Site::kHostUplink, 9004);
  REQUIRE(answer_of(caller.get(), kPatienceMs) == Answer::connected);
  REQUIRE(becomes(service.get(), POLLIN, kPatienceMs));
  const unique_fd accepted(::accept4(service.get(), nullptr, nullptr, SOCK_CLOEXEC));
  view.ports.pop_back();
  site.apply(view);
  REQUIRE(::send(caller.get(), "x", 1, MSG_NOSIGNAL) == 1);
  CHECK(becomes(accepted.get(), POLLIN, kPatienceMs));
}
