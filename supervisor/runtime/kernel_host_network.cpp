// KernelHost: networks, sandboxes, packet rules and name files.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <net/if.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/network/foreign_policy.h"
#include "supervisor/network/hosts.h"
#include "supervisor/network/network_program.h"
#include "supervisor/network/port_check.h"
#include "supervisor/network/rules.h"
#include "supervisor/runtime/kernel_host.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {

void KernelHost::carry_out(const Action& action, const action::CreateNetwork& deed) {
  const auto links = network::list_links();
  if (!links) return fail(action, links.error());
  const std::string& name = deed.network->name;
  auto program = network::compile_create_network(*deed.network, *links, ports_of(name));
  if (!program) return fail(action, program.error());
  networks_[name] = deed.network;
  run(action, *std::move(program), kLaunchDeadline, {}, [this, name](JobResult) {
    // What is set with the rules is not set for this bridge.
    rules_.reset();
    ++networks_made_;
    wiring_.emit(event::NetworkReady{name});
  });
}

std::vector<network::BridgePort> KernelHost::ports_of(const std::string& network) const {
  std::vector<network::BridgePort> ports;
  for (const auto& [container, sandbox] : sandboxes_) {
    for (unsigned i = 0; i < sandbox.networks.size(); ++i) {
      if (sandbox.networks[i] == network)
        ports.push_back({network::host_link_name(host_.bridge, container, i), container});
    }
  }
  return ports;
}

// First the bridges, then the rules: a bridge never stands open without them.
handoff::Program KernelHost::compile_network_sweep(
    const std::map<std::string, NetworkPtr>& networks, const ObservedState& adopted,
    std::vector<Error>& errors) const {
  handoff::Program program;
  auto links = network::list_links();
  if (!links) {
    errors.push_back(links.error());
    return program;
  }
  std::erase_if(*links, [this](const network::LinkInfo& link) {
    return std::ranges::any_of(networks_, [&](const auto& kept) {
      return std::ranges::any_of(ports_of(kept.first), [&link](const network::BridgePort& port) {
        return port.link == link.name;
      });
    });
  });
  program.append(network::compile_sweep_links(host_.bridge, *links));
  for (const auto& [name, network] : networks) {
    if (adopted.networks.contains(name)) continue;
    // What is not ours stays; whether that is in the way is told when the network is needed.
    if (const auto removal = network::compile_remove_network(*network, *links))
      program.append(*removal);
  }
  // Where something goes on, the rules for it replace those of before in one transaction.
  if (!adopted.containers.empty() || !network::nft_is_installed()) return program;
  if (const auto rules = network::render_rules({}, host_.nft_table)) {
    program.append(network::compile_apply_rules(*rules));
    program.append(
        network::compile_bridge_guard(network::render_bridge_guard({}, host_.nft_table)));
  } else {
    errors.push_back(rules.error());
  }
  return program;
}

void KernelHost::carry_out(const Action& action, const action::RemoveNetwork& deed) {
  const auto links = network::list_links();
  if (!links) return fail(action, links.error());
  auto program = network::compile_remove_network(*deed.network, *links);
  if (!program) {
    // A link that is not ours is in its place: then ours is gone.
    wiring_.emit(event::NetworkGone{deed.network->name});
    return;
  }
  run(action, *std::move(program), kLaunchDeadline, event::NetworkGone{deed.network->name});
}

void KernelHost::look_for_lost_bridges(const std::string& container) {
  const auto sandbox = sandboxes_.find(container);
  if (sandbox == sandboxes_.end()) return;
  for (const std::string& name : sandbox->second.networks) {
    const auto network = networks_.find(name);
    if (network == networks_.end()) continue;
    const std::string bridge = network::bridge_name(*network->second);
    if (::if_nametoindex(bridge.c_str()) == 0 && errno == ENODEV)
      wiring_.emit(event::NetworkGone{name});
  }
}

Result<std::vector<network::Attachment>> KernelHost::attachments_of(const ContainerSpec& spec) {
  std::vector<network::Attachment> attachments;
  if (spec.network != NetworkMode::bridge) return attachments;
  std::vector<NetworkAttachment> wanted = spec.networks;
  if (wanted.empty()) wanted.emplace_back().name = "default";
  const auto links = TRY(network::list_links());
  for (const NetworkAttachment& each : wanted) {
    const auto found = networks_.find(each.name);
    if (found == networks_.end()) return berth::fail("network " + each.name + " is not there");
    const std::string bridge = network::bridge_name(*found->second);
    const network::LinkInfo* link = network::find_link(links, bridge);
    if (link == nullptr) {
      // Somebody has deleted it; it will be there again when this is tried again.
      wiring_.emit(event::NetworkGone{each.name});
      return berth::fail("network " + each.name + ": link " + bridge + " is gone");
    }
    const auto subnet = TRY(parse_ipv4_subnet(found->second->subnet));
    const auto address =
        TRY(network::assign(subnet, leases_, each.name, spec.name, each.ipv4_address));
    network::Attachment attachment{each.name, link->index, subnet, address};
    if (const std::string& text = found->second->subnet6; !text.empty()) {
      const auto subnet6 = TRY(parse_ipv6_subnet(text));
      const auto address6 =
          TRY(network::assign(subnet6, leases_, each.name, spec.name, each.ipv6_address));
      attachment.ipv6 = {subnet6, address6};
    }
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

Result<void> KernelHost::check_ports(const ContainerSpec& spec) const {
  if (!spec.ports.empty() && !network::nft_is_installed()) {
    return std::unexpected(
        error_at(spec, "ports", "nft is missing on this host (apt-get install nftables)"));
  }
  for (std::size_t i = 0; i < spec.ports.size(); ++i) {
    if (publishes(spec.name, spec.ports[i])) continue;
    const auto checked = network::check_port_is_free(spec.ports[i]);
    if (checked) continue;
    const std::string key = "ports[" + std::to_string(i) + "]";
    return std::unexpected(error_at(spec, key, checked.error().what));
  }
  return {};
}

bool KernelHost::publishes(const std::string& container, const PortSpec& port) const {
  return std::ranges::any_of(published_, [&](const PublishedPort& published) {
    return published.container == container && published.port == port;
  });
}

void KernelHost::carry_out(const Action& action, const action::CreateSandbox& deed) {
  const ContainerSpec& spec = *deed.spec;
  if (spec.network == NetworkMode::host) {
    sandboxes_[spec.name] = {};
    return wiring_.emit(event::SandboxReady{spec.name, {}});
  }
  if (auto checked = check_ports(spec); !checked) return fail(action, checked.error());
  const network::Leases before = leases_;
  auto attachments = attachments_of(spec);
  if (!attachments) return fail(action, attachments.error());
  if (leases_ != before) {
    // Before the address is used: it must not be given away twice after a crash.
    if (auto saved = network::save(leases_, paths_.leases()); !saved) {
      leases_ = before;
      return fail(action, saved.error());
    }
  }
  SandboxEntry entry;
  entry.id = deed.sandbox_id;
  event::SandboxReady ready{.container = spec.name, .addresses = {}, .addresses6 = {}};
  for (const auto& each : *attachments) {
    entry.networks.push_back(each.network);
    ready.addresses.push_back(format(each.address));
    ready.addresses6.push_back(each.ipv6 ? format(each.ipv6->address) : "");
  }
  auto program = network::compile_create_sandbox(spec, host_.bridge, *attachments, entry.id);
  if (!program) return fail(action, program.error());
  sandboxes_[spec.name] = std::move(entry);
  run(action, *std::move(program), kLaunchDeadline, {},
      [this, ready = std::move(ready)](JobResult result) {
        if (!result.fds.empty()) sandboxes_[ready.container].netns = std::move(result.fds.front());
        wiring_.emit(ready);
      });
}

void KernelHost::carry_out(const Action& action, const action::RemoveSandbox& deed) {
  const std::string& name = deed.spec->name;
  std::size_t attachments = std::max<std::size_t>(1, deed.spec->networks.size());
  if (const auto found = sandboxes_.find(name); found != sandboxes_.end()) {
    attachments = found->second.networks.size();
    if (found->second.id != 0) wiring_.drop(found->second.id);
    sandboxes_.erase(found);
  }
  auto program = network::compile_remove_sandbox(*deed.spec, host_.bridge, attachments);
  if (!program) return fail(action, program.error());
  run(action, *std::move(program), kLaunchDeadline, event::SandboxGone{name});
}

int KernelHost::netns(const std::string& container) const {
  const auto found = sandboxes_.find(container);
  return found == sandboxes_.end() ? -1 : found->second.netns.get();
}

// ---- rules and name files -----------------------------------------------------------------------

void KernelHost::carry_out(const Action& action, const action::ApplyView& deed) {
  const NetworkView& view = deed.view;
  for (const auto& [container, entries] : view.hosts) {
    const auto before = hosts_.find(container);
    if (before != hosts_.end() && before->second == entries) continue;
    if (auto written = write_hosts(container, entries); !written) {
      return fail(action, written.error());
    }
  }
  hosts_ = view.hosts;
  auto rules = network::render_rules(view, host_.nft_table);
  if (!rules) return fail(action, rules.error());
  if (*rules == rules_) {
    published_ = view.ports;
    return wiring_.emit(event::ViewApplied{view});
  }
  // Without nft there can be no rules of an earlier berthd either.
  if (view.empty() && !network::nft_is_installed()) return wiring_.emit(event::ViewApplied{view});
  apply_rules(action, view, *rules);
}

void KernelHost::apply_rules(const Action& action, const NetworkView& view,
                             const std::string& rules) {
  const auto bridges = network::bridges_from_loopback(view);
  const network::BridgeGuard guard = network::render_bridge_guard(view, host_.nft_table);
  const std::optional<std::string> wanted = guard.needed ? std::optional(guard.json) : std::nullopt;
  handoff::Program program;
  if (guard_ != wanted) program = network::compile_bridge_guard(guard);
  program.append(network::compile_apply_rules(rules, bridges));
  rules_.reset();  // until the whole program has been carried out
  run(action, std::move(program), kLaunchDeadline, {},
      [this, action, view, rules, wanted, made = networks_made_](JobResult) {
        guard_ = wanted;
        // A bridge that came meanwhile may have been missed.
        if (made != networks_made_) return apply_rules(action, view, rules);
        rules_ = rules;
        published_ = view.ports;
        wiring_.emit(event::ViewApplied{view});
        if (!view.empty()) look_for_foreign_policies(guard_.has_value());
      });
}

Result<void> KernelHost::write_hosts(const std::string& container, const HostList& entries) {
  const auto hostname = hostnames_.find(container);
  if (hostname == hostnames_.end()) return {};  // not launched: the launch writes it
  const std::string text = TRY(network::render_hosts(entries, hostname->second));
  return write_in_place(paths_.run_of(container) + "/hosts", text, 0644);
}

void KernelHost::look_for_foreign_policies(bool ipv6) {
  unique_fd output(::memfd_create("nft", MFD_CLOEXEC));
  if (!output) return;
  const int reading = output.get();
  Job job;
  job.program = network::compile_list_chains();
  job.fds.push_back(std::move(output));
  job.done = [this, ipv6,
              reading_end = std::make_shared<unique_fd>(::fcntl(reading, F_DUPFD_CLOEXEC, 0))](
                 const JobResult& result) {
    if (result.error) return;  // the rules themselves could be applied; this is only advice
    const auto json =
        read_small_file("/proc/self/fd/" + std::to_string(reading_end->get()), 16 << 20);
    if (!json) return;
    if (auto policies = network::foreign_forward_policies(*json, host_.nft_table, ipv6)) {
      foreign_policies_ = *std::move(policies);
    }
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

}  // namespace berth::runtime
