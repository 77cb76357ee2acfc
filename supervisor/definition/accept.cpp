// accept: what shall run; see load.h.
//
// Every container begins with its newest good definition. As long as some do not fit, those fall
// back to the definition that was accepted before, and without one are left out. Each round makes
// at least one container fall, and none can fall more than twice, so it ends.
#include <algorithm>
#include <set>
#include <tuple>

#include "supervisor/definition/check_set.h"
#include "supervisor/definition/load.h"
#include "supervisor/model/keys.h"

namespace berth::definition {

namespace {

// The directories of the first layer, as their files are shown.
constexpr std::string_view kFirstContainers = "containers/";
constexpr std::string_view kFirstNetworks = "networks/";

bool same_network(const NetworkSpec& left, const NetworkSpec& right) {
  return std::tie(left.bridge, left.subnet, left.subnet6, left.nat, left.driver) ==
         std::tie(right.bridge, right.subnet, right.subnet6, right.nat, right.driver);
}

bool same_texts(const std::vector<SourceText>& left, const std::vector<SourceText>& right) {
  return std::ranges::equal(left, right, [](const SourceText& one, const SourceText& other) {
    return one.path == other.path &&
           (one.content == other.content || *one.content == *other.content);
  });
}

// A definition whose files did not change keeps its pointer.
std::shared_ptr<const ContainerSpec> settled(const std::shared_ptr<const ContainerSpec>& fresh,
                                             const ContainerMap& previous) {
  const auto before = previous.find(fresh->name);
  if (before == previous.end() || before->second == fresh) return fresh;
  const bool same = same_definition(*before->second, *fresh) &&
                    before->second->where == fresh->where &&
                    same_texts(before->second->sources, fresh->sources);
  return same ? before->second : fresh;
}

std::shared_ptr<const NetworkSpec> settled(const std::shared_ptr<const NetworkSpec>& fresh,
                                           const NetworkMap& previous) {
  const auto before = previous.find(fresh->name);
  const bool same = before != previous.end() && same_network(*before->second, *fresh) &&
                    before->second->where == fresh->where &&
                    same_texts(before->second->sources, fresh->sources);
  return same ? before->second : fresh;
}

// The default network, then those that are as they were, then the new ones; a new one that
// does not fit beside them falls back to what it was.
NetworkMap settle_networks(const LoadedSet& set, const NetworkMap& previous,
                           std::vector<Diagnostic>& problems) {
  NetworkMap networks;
  if (const auto found = set.networks.find("default"); found != set.networks.end()) {
    networks["default"] = settled(found->second, previous);
  }
  std::vector<std::shared_ptr<const NetworkSpec>> fresh;
  for (const auto& [name, network] : set.networks) {
    if (name == "default") continue;
    const auto before = previous.find(name);
    if (before == previous.end() || !same_network(*before->second, *network)) {
      fresh.push_back(network);
    } else if (!check_network(*network, networks)) {
      networks[name] = settled(network, previous);
    }
  }
  for (const auto& [name, unused] : set.bad_networks) {
    const auto before = previous.find(name);
    if (before == previous.end() || check_network(*before->second, networks)) continue;
    networks[name] = before->second;
  }
  for (const auto& network : fresh) {
    auto problem = check_network(*network, networks);
    if (!problem) {
      networks[network->name] = network;
      continue;
    }
    problems.push_back(std::move(*problem));
    const auto before = previous.find(network->name);
    if (before != previous.end() && !check_network(*before->second, networks)) {
      networks[network->name] = before->second;
    }
  }
  return networks;
}

class Settlement {
 public:
  Settlement(const LoadedSet& set, const AcceptedSet& previous, NetworkMap networks,
             std::vector<Diagnostic>& problems)
      : previous_(previous.containers),
        networks_(std::move(networks)),
        bad_(set.bad),
        bad_networks_(set.bad_networks),
        problems_(problems) {
    for (const auto& [name, path] : set.bad) {
      const auto before = previous_.find(name);
      if (before != previous_.end()) containers_[name] = before->second;
    }
    for (const auto& [name, spec] : set.unfit) containers_[name] = settled(spec, previous_);
    for (const auto& [name, spec] : set.containers) containers_[name] = settled(spec, previous_);
    for (const auto& [name, network] : previous.networks) {
      if (!networks_.contains(name)) former_networks_[name] = network;
    }
  }

  void run() {
    while (round()) {
    }
  }

  ContainerMap take_containers() { return std::move(containers_); }

  NetworkMap take_networks() {
    for (const auto& [unused, spec] : containers_) {
      for (const NetworkAttachment& attachment : spec->networks) {
        const auto former = former_networks_.find(attachment.name);
        if (former == former_networks_.end() || check_network(*former->second, networks_)) continue;
        networks_[former->first] = former->second;
      }
    }
    return std::move(networks_);
  }

 private:
  // True when a container fell, so that the set must be looked at again.
  bool round() {
    const std::vector<Misfit> misfits = check_set(SetView{.containers = containers_,
                                                          .networks = networks_,
                                                          .bad = bad_,
                                                          .bad_networks = bad_networks_,
                                                          .previous = &previous_});
    std::set<std::string> at_fault;
    for (const Misfit& misfit : misfits) {
      if (can_fall(misfit)) at_fault.insert(misfit.container);
    }
    if (at_fault.empty()) {
      for (const Misfit& misfit : misfits) problems_.push_back(misfit.diagnostic);
      return false;
    }
    // Who is at fault only because of somebody who falls, too, is judged again after that one
    // has fallen; where such reasons go round in a circle, the first one falls.
    std::set<std::string> falling;
    for (const Misfit& misfit : misfits) {
      if (at_fault.contains(misfit.container) && !at_fault.contains(misfit.winner)) {
        falling.insert(misfit.container);
      }
    }
    if (falling.empty()) falling.insert(*at_fault.begin());
    for (const Misfit& misfit : misfits) {
      if (falling.contains(misfit.container)) problems_.push_back(misfit.diagnostic);
    }
    for (const std::string& name : falling) fall(name);
    return true;
  }

  [[nodiscard]] bool is_former(const std::string& name) const {
    const auto before = previous_.find(name);
    const auto now = containers_.find(name);
    return before != previous_.end() && now != containers_.end() &&
           (before->second == now->second || same_definition(*before->second, *now->second));
  }

  [[nodiscard]] bool can_fall(const Misfit& misfit) const {
    return containers_.contains(misfit.container) &&
           !(misfit.tolerable && is_former(misfit.container));
  }

  void fall(const std::string& name) {
    const SourcePos whole = where_of(*containers_.at(name), "");
    bad_.emplace(name, whole.file);
    if (!is_former(name) && previous_.contains(name)) {
      containers_[name] = previous_.at(name);
    } else {
      containers_.erase(name);
    }
  }

  const ContainerMap& previous_;
  ContainerMap containers_;
  NetworkMap networks_;
  NetworkMap former_networks_;
  std::map<std::string, std::string> bad_;
  std::map<std::string, std::string> bad_networks_;
  std::vector<Diagnostic>& problems_;
};

void sort_problems(std::vector<Diagnostic>& problems) {
  const auto place = [](const Diagnostic& each) {
    return std::tie(each.pos, each.key, each.problem, each.container);
  };
  std::ranges::sort(problems, {}, place);
  const auto repeated = std::ranges::unique(problems);
  problems.erase(repeated.begin(), repeated.end());
}

// Something of this definition was in a directory that could not be read this time.
template <class Spec>
bool is_from(const Spec& spec, const std::vector<std::string>& directories) {
  return std::ranges::any_of(spec.where, [&](const auto& written) {
    return std::ranges::any_of(directories, [&](const std::string& directory) {
      return written.second.file.starts_with(directory);
    });
  });
}

// What could not be read, and what may only seem to be gone: /etc/berth is not mounted yet, or
// moved aside for a moment. Of its networks, those that are still there are as they are written.
std::vector<std::string> unread_of(const LoadedSet& set) {
  std::vector<std::string> unread = set.unread;
  if (!set.missing_directory) return unread;
  unread.emplace_back(kFirstContainers);
  const bool has_networks = std::ranges::any_of(set.networks, [](const auto& each) {
    return each.first != "default" && is_from(*each.second, {std::string(kFirstNetworks)});
  });
  if (!has_networks) unread.emplace_back(kFirstNetworks);
  return unread;
}

// A name that was masked there does not come back from a lower layer.
void keep_masks(LoadedSet& rest, const AcceptedSet& previous) {
  for (const auto& [name, link] : previous.masked) {
    rest.masked.emplace(name, link);
    rest.containers.erase(name);
    rest.unfit.erase(name);
  }
}

// What came from a directory that could not be read is not gone, nor is what a lower layer has
// under its name meant: it counts as bad, and so stays as it was.
LoadedSet without_unread(const LoadedSet& set, const std::vector<std::string>& unread,
                         const AcceptedSet& previous) {
  LoadedSet rest = set;
  if (std::ranges::find(unread, kFirstContainers) != unread.end()) keep_masks(rest, previous);
  for (const auto& [name, spec] : previous.containers) {
    if (!is_from(*spec, unread)) continue;
    rest.containers.erase(name);
    rest.unfit.erase(name);
    rest.bad.emplace(name, where_of(*spec, "").file);
  }
  for (const auto& [name, network] : previous.networks) {
    if (name == "default" || !is_from(*network, unread)) continue;
    rest.networks.erase(name);
    rest.bad_networks.emplace(name, network->where.at("").file);
  }
  return rest;
}

bool has_error(const std::vector<Diagnostic>& problems) {
  return std::ranges::any_of(
      problems, [](const Diagnostic& problem) { return problem.severity == Severity::error; });
}

// Everything stays as it was; without anything before, only the default network is there.
void keep_previous(const LoadedSet& set, const AcceptedSet& previous, AcceptedSet& accepted) {
  accepted.containers = previous.containers;
  accepted.networks = previous.networks;
  const auto found = set.networks.find("default");
  if (previous.networks.empty() && found != set.networks.end()) {
    accepted.networks["default"] = found->second;
  }
}

}  // namespace

AcceptedSet accept(const LoadedSet& set, const AcceptedSet& previous) {
  AcceptedSet accepted;
  accepted.problems = set.file_problems;
  accepted.masked = set.masked;
  const std::vector<std::string> unread = unread_of(set);
  if (!unread.empty()) {
    LoadedSet rest = without_unread(set, unread, previous);
    rest.missing_directory = false;
    rest.unread.clear();
    return accept(rest, previous);
  }
  NetworkMap networks = settle_networks(set, previous.networks, accepted.problems);
  Settlement settlement(set, previous, std::move(networks), accepted.problems);
  settlement.run();
  accepted.networks = settlement.take_networks();
  accepted.containers = settlement.take_containers();
  sort_problems(accepted.problems);
  if (set.as_one && has_error(accepted.problems)) {
    keep_previous(set, previous, accepted);
    accepted.held_back = true;
  }
  return accepted;
}

bool saw_everything(const Snapshot& files, const AcceptedSet& in_force) {
  if (files.torn || !files.unread.empty()) return false;
  const std::vector<std::string> first{std::string(kFirstContainers), std::string(kFirstNetworks)};
  const auto came_from_there = [&](const auto& each) { return is_from(*each.second, first); };
  return !files.missing_directory || (std::ranges::none_of(in_force.containers, came_from_there) &&
                                      std::ranges::none_of(in_force.networks, came_from_there));
}

}  // namespace berth::definition
