// Reading of `nft -j list chains`.
#include "supervisor/network/foreign_policy.h"

#include <set>

#include <nlohmann/json.hpp>

#include "supervisor/network/nft.h"

namespace berth::network {
namespace {

using nlohmann::json;

struct Chain {
  std::string family;
  std::string table;
  std::string name;
  std::string hook;
  std::string policy;
};

// A text that goes into a sentence: another program chose it.
std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  std::string text = found->get<std::string>().substr(0, 128);
  for (char& byte : text)
    if (static_cast<unsigned char>(byte) < ' ') byte = '?';
  return text;
}

Result<std::vector<Chain>> read_chains(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("nftables") || !document["nftables"].is_array())
    return fail("cannot read what nft lists: it is not its JSON");
  std::vector<Chain> chains;
  for (const json& item : document["nftables"]) {
    if (!item.is_object() || !item.contains("chain") || !item["chain"].is_object()) continue;
    const json& chain = item["chain"];
    chains.push_back({text_of(chain, "family"), text_of(chain, "table"), text_of(chain, "name"),
                      text_of(chain, "hook"), text_of(chain, "policy")});
  }
  return chains;
}

// Who keeps a table, told by the chains that it is known to have; empty when that is not known.
std::string manager_of(const Chain& chain, const std::set<std::string>& names) {
  if (chain.table == "firewalld") return "firewalld";
  if (names.contains("ufw-before-forward")) return "ufw";
  if (names.contains("DOCKER") || names.contains("DOCKER-USER") ||
      chain.table.starts_with("docker"))
    return "Docker";
  return "";
}

// firewalld's chain accepts by policy, but ends in a rule that rejects.
bool drops_by_default(const Chain& chain, bool ipv6) {
  const bool meets_ours =
      chain.family == "ip" || chain.family == "inet" || (ipv6 && chain.family == "ip6");
  if (chain.hook != "forward" || !meets_ours) return false;
  return chain.policy == "drop" || chain.table == "firewalld";
}

std::string remedy_for(const std::string& manager) {
  if (manager == "firewalld")
    return "put the bridges into a zone that forwards (firewall-cmd --zone=trusted "
           "--add-interface=BRIDGE)";
  if (manager == "ufw") return "allow the bridges (ufw route allow in on BRIDGE)";
  if (manager == "Docker") return "accept the bridges in its chain DOCKER-USER";
  return "accept the bridges there";
}

std::string sentence_for(const Chain& chain, const std::string& manager) {
  const std::string who = manager.empty() ? "Another manager" : manager;
  return who + "'s chain " + chain.family + " " + chain.table + " " + chain.name +
         " drops forwarded packets by default, containers' too: " + remedy_for(manager) + ".";
}

}  // namespace

handoff::Program compile_list_chains() {
  handoff::Program program;
  program.set_fd_count(1);
  program.from({.what = "list packet rules"});
  program.add(handoff::Op::run, {.fd = handoff::slot(0), .text = kNftListChains});
  return program;
}

Result<std::vector<std::string>> foreign_forward_policies(std::string_view text,
                                                          std::string_view own_table, bool ipv6) {
  const std::vector<Chain> chains = TRY(read_chains(text));
  std::vector<std::string> sentences;
  for (const Chain& chain : chains) {
    if (chain.table == own_table && chain.family == "inet") continue;
    if (!drops_by_default(chain, ipv6)) continue;
    std::set<std::string> names;
    for (const Chain& other : chains)
      if (other.family == chain.family && other.table == chain.table) names.insert(other.name);
    sentences.push_back(sentence_for(chain, manager_of(chain, names)));
  }
  return sentences;
}

}  // namespace berth::network
