#include "supervisor/network/foreign_policy.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include "supervisor/network/real_kernel.h"

using namespace berth;
using namespace berth::network;

namespace {

std::string chain(const std::string& table, const std::string& name, const std::string& rest = "",
                  const std::string& family = "ip") {
  return R"({"chain":{"family":")" + family + R"(","table":")" + table + R"(","name":")" + name +
         R"(","handle":1)" + rest + "}}";
}

std::string hooked(const std::string& hook, const std::string& policy) {
  return R"(,"type":"filter","hook":")" + hook + R"(","prio":0,"policy":")" + policy + "\"";
}

std::vector<std::string> sentences_for(const std::string& chains, bool ipv6 = false) {
  return foreign_forward_policies(
             R"({"nftables":[{"metainfo":{"version":"1.0.6"}},)" + chains + "]}", "berth", ipv6)
      .value();
}

}  // namespace

TEST_CASE("Docker's forward policy is noticed and named") {
  const auto sentences = sentences_for(chain("filter", "DOCKER-USER") + "," +
                                       chain("filter", "INPUT", hooked("input", "drop")) + "," +
                                       chain("filter", "FORWARD", hooked("forward", "drop")));
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0] ==
        "Docker's chain ip filter FORWARD drops forwarded packets by default, containers' too: "
        "accept the bridges in its chain DOCKER-USER.");
}

TEST_CASE("ufw, firewalld and unknown managers are told apart") {
  const std::string drop = hooked("forward", "drop");
  CHECK(
      sentences_for(chain("filter", "FORWARD", drop) + "," + chain("filter", "ufw-before-forward"))
          .at(0)
          .starts_with("ufw's chain ip filter FORWARD"));
  CHECK(sentences_for(chain("firewalld", "filter_FORWARD", hooked("forward", "accept"), "inet"))
            .at(0)
            .starts_with("firewalld's chain inet firewalld filter_FORWARD"));
  CHECK(
      sentences_for(chain("mine", "f", drop, "inet")).at(0).starts_with("Another manager's chain"));
}

TEST_CASE("accepting, other and our own chains are not worth a word") {
  CHECK(sentences_for(chain("filter", "FORWARD", hooked("forward", "accept"))).empty());
  CHECK(sentences_for(chain("filter", "INPUT", hooked("input", "drop"))).empty());
  CHECK(sentences_for(chain("filter", "FORWARD", hooked("forward", "drop"), "ip6")).empty());
  CHECK(sentences_for(chain("filter", "FORWARD", hooked("forward", "drop"), "ip6"), true).size() ==
        1);
  CHECK(sentences_for(chain("berth", "filter_forward", hooked("forward", "drop"), "inet")).empty());
}

TEST_CASE("what is not a list of chains is an error or nothing, never a crash") {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"nftables":3})"})
    CHECK_FALSE_MESSAGE(foreign_forward_policies(text, "berth").has_value(), text);
  CHECK(foreign_forward_policies(R"({"nftables":[3,{"chain":3},{"chain":{"hook":["x"]}}]})", "b")
            ->empty());
}

TEST_CASE("a real forward chain that drops is found through nft") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of(
      "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority "
      "0; policy drop; }' 2>&1");
  testing::Player player;
  const unique_fd output(::memfd_create("chains", MFD_CLOEXEC));
  REQUIRE(::dup3(output.get(), handoff::slot(0), O_CLOEXEC) >= 0);
  REQUIRE(player.play(compile_list_chains()) == "");
  REQUIRE(::lseek(output.get(), 0, SEEK_SET) == 0);
  const std::string listed = testing::read_text("/proc/self/fd/" + std::to_string(output.get()));
  const auto sentences = foreign_forward_policies(listed, "berth").value();
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].find("ip filter FORWARD") != std::string::npos);
}
