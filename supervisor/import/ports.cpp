#include "supervisor/import/ports.h"

#include <algorithm>
#include <optional>

#include "supervisor/import/addresses.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

constexpr std::int64_t kRangeMost = 1000;  // each port is a line, and a rule of the host

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::optional<Range> range_of(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = integer_of(text.substr(0, dash));
  const auto last = dash == text.npos ? first : integer_of(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *last > 65535 || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

// False when the text makes no sense; then it is reported.
bool publish_ranges(const Node& node, const std::string& address, const std::string& host,
                    const std::string& container, const std::string& protocol, Draft& draft,
                    Ledger& ledger, bool ipv6) {
  const auto inner = range_of(container);
  if (!inner) {
    ledger.senseless(node, "a port");
    return false;
  }
  if (is_ipv6(address) && !ipv6) {
    ledger.lost(node, "it is published on an address of IPv6, and the network has none",
                "an address of IPv4, or subnet6 of the network");
    return false;
  }
  if (spelled(address) == "::1") {
    ledger.lost(node, "the kernel does not let a port be published on [::1]", "127.0.0.1");
    return false;
  }
  if (!protocol.empty() && protocol != "tcp" && protocol != "udp") {
    ledger.lost(node, "the protocol " + quote(protocol) + " is not published", "tcp or udp");
    return false;
  }
  const auto outer = range_of(host);
  if (host.empty() || host == "0" || !outer) {
    ledger.lost(node, "a port of the host is not chosen freely",
                "name one: \"0.0.0.0:" + container + ":" + container + "\"");
    return false;
  }
  if (outer->last - outer->first != inner->last - inner->first) {
    ledger.lost(node, "one of several ports of the host is not chosen freely", "name one");
    return false;
  }
  if (inner->last - inner->first >= kRangeMost) {
    ledger.lost(node,
                "a range of more than " + std::to_string(kRangeMost) + " ports is not published",
                "network = \"host\", or fewer ports");
    return false;
  }
  for (std::int64_t i = 0; i <= inner->last - inner->first; ++i) {
    publish(draft, address, std::to_string(outer->first + i), std::to_string(inner->first + i),
            protocol);
    // What is published without an address is published on those of both families.
    if (!ipv6 || !address.empty()) continue;
    publish(draft, "::", std::to_string(outer->first + i), std::to_string(inner->first + i),
            protocol);
  }
  return true;
}

}  // namespace

void publish(Draft& draft, const std::string& address, const std::string& host,
             const std::string& container, const std::string& protocol) {
  std::string from = address.empty() ? "0.0.0.0" : address;
  if (is_ipv6(from)) from = "[" + spelled(from) + "]";
  const std::string suffix = protocol == "udp" ? "/udp" : "";
  draft.append("ports", from + ":" + host + ":" + container + suffix);
}

void take_port_text(const Node& node, Draft& draft, Ledger& ledger, bool ipv6) {
  std::string text = node.text();
  std::string protocol;
  if (const size_t slash = text.find('/'); slash != text.npos) {
    protocol = lower(text.substr(slash + 1));
    text.resize(slash);
  }
  std::string address;
  if (const size_t bracket = text.find("]:"); text.starts_with('[') && bracket != text.npos) {
    address = text.substr(1, bracket - 1);
    text.erase(0, bracket + 2);
  }
  std::vector<std::string> parts = split(text, ':');
  if (address.empty() && parts.size() > 2) {
    for (size_t i = 0; i + 2 < parts.size(); ++i) address += (i == 0 ? "" : ":") + parts[i];
  }
  const std::string container = parts.back();
  const std::string host = parts.size() > 1 ? parts[parts.size() - 2] : "";
  if (publish_ranges(node, address, host, container, protocol, draft, ledger, ipv6)) node.take();
}

void take_port_table(const Node& node, Draft& draft, Ledger& ledger, bool ipv6) {
  const std::string target = node.peek("target");
  const std::string published = node.peek("published");
  const std::string protocol = node.peek("protocol");
  if (!publish_ranges(node, node.peek("host_ip"), published, target, protocol, draft, ledger,
                      ipv6)) {
    return;
  }
  for (const char* key : {"target", "published", "host_ip", "protocol"}) node.take(key);
  for (const char* key : {"name", "app_protocol"}) {
    if (const Node* const member = node.find(key)) ledger.note(*member, "it is for people to read");
  }
  const Node* const mode = node.find("mode");
  if (mode == nullptr) return;
  if (mode->text() == "host" || mode->text() == "ingress") {
    ledger.note(*mode, "there is one host: its ports are published there");
  }
}

void add_aliases(TomlTable& attachment, const std::vector<std::string>& aliases) {
  const auto known = std::ranges::find(attachment, "aliases", &TomlTable::value_type::first);
  if (known == attachment.end()) {
    attachment.emplace_back("aliases", TomlList());
    return add_aliases(attachment, aliases);
  }
  auto& list = *known->second.get<TomlList>();
  for (const std::string& alias : aliases) {
    if (std::ranges::find(list, Toml(alias)) == list.end()) list.emplace_back(alias);
  }
}

}  // namespace berth::importing
