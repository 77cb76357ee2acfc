// What the host's packet rules and the containers' name files must say, as one value. Made by
// plan/ from what is desired and what runs; rendered by network/; applied in one transaction.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/model/spec.h"

namespace berth {

struct BridgeView {
  std::string network;
  std::string bridge;  // the link's name
  std::string subnet;
  bool nat = true;
  std::string subnet6 = {};  // empty: IPv4 only
  auto operator<=>(const BridgeView&) const = default;
};

struct PublishedPort {
  std::string container;
  std::string container_address;  // of the family of the port's host address
  PortSpec port;
  bool operator==(const PublishedPort&) const = default;
};

// A line of /etc/hosts.
struct HostEntry {
  std::string address;
  std::vector<std::string> names;
  bool operator==(const HostEntry&) const = default;
};

// The lines of one /etc/hosts: reads like a vector of entries. Containers of the same networks can
// name the same others, so they share one list: a thousand containers have a thousand entries, not
// a million.
class HostList {
 public:
  HostList() : HostList(std::vector<HostEntry>()) {}
  HostList(std::vector<HostEntry> entries)
      : entries_(std::make_shared<const std::vector<HostEntry>>(std::move(entries))) {}
  HostList(std::initializer_list<HostEntry> entries) : HostList(std::vector<HostEntry>(entries)) {}
  operator const std::vector<HostEntry>&() const { return *entries_; }
  [[nodiscard]] auto begin() const { return entries_->begin(); }
  [[nodiscard]] auto end() const { return entries_->end(); }
  [[nodiscard]] std::size_t size() const { return entries_->size(); }
  [[nodiscard]] bool empty() const { return entries_->empty(); }
  [[nodiscard]] const HostEntry& operator[](std::size_t index) const { return (*entries_)[index]; }
  // True when both are one list: then they need not be compared.
  [[nodiscard]] bool shares(const HostList& other) const { return entries_ == other.entries_; }
  bool operator==(const HostList& other) const {
    return shares(other) || *entries_ == *other.entries_;
  }

 private:
  std::shared_ptr<const std::vector<HostEntry>> entries_;
};

struct NetworkView {
  std::vector<BridgeView> bridges;
  std::vector<PublishedPort> ports;
  std::map<std::string, HostList> hosts;  // by container: what it can name
  [[nodiscard]] bool empty() const { return bridges.empty() && ports.empty(); }
  bool operator==(const NetworkView&) const = default;
};

}  // namespace berth
