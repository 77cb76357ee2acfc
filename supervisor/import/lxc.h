// LXC configurations: what their importer's parts share.
#pragma once

#include <map>
#include <string>

#include "supervisor/import/product.h"

namespace berth::importing {

struct LxcNetwork {
  const Node* type = nullptr;
  const Node* link = nullptr;
  const Node* address = nullptr;  // of IPv4
  const Node* gateway = nullptr;
  const Node* address6 = nullptr;
  const Node* gateway6 = nullptr;
};

struct LxcContainer {
  const std::string& name;
  Draft& draft;
  Product& product;
  std::map<std::string, LxcNetwork> networks;  // by index
  std::string user;                            // lxc.init.uid
  std::string group;
};

// Each says whether the key is of its concern.
bool take_lxc_network(const Node& node, LxcContainer& container);
bool take_lxc_cgroup(const Node& node, LxcContainer& container);
bool take_lxc_mount(const Node& node, LxcContainer& container);
bool report_lxc_loss(const Node& node, Ledger& ledger);
void attach_lxc_networks(LxcContainer& container);

}  // namespace berth::importing
