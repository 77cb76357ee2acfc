// load: the bytes of files become specs; see load.h.
#include "supervisor/definition/load.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "supervisor/definition/cache.h"
#include "supervisor/definition/check_set.h"
#include "supervisor/definition/decode.h"
#include "supervisor/definition/merge.h"
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

void append(std::vector<Diagnostic>& to, std::vector<Diagnostic> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Only files named on a command line can share a name and lie in different directories.
void check_name(const File& file, const ContainerMap& others, Report& report) {
  const auto other = others.find(file.name);
  if (other == others.end()) return;
  report.error(Place{}, "",
               "the name " + quote(file.name) + " is taken twice, by " +
                   where_of(*other->second, "").file + ", too",
               "check the directories one by one");
}

// What a spec was made from, in the order in which it was merged.
std::vector<SourceText> sources_of(const File& file) {
  std::vector<SourceText> sources{{file.path, file.content.shared()}};
  for (const File& drop_in : file.drop_ins) {
    sources.push_back({drop_in.path, drop_in.content.shared()});
  }
  return sources;
}

using LoadedContainer = Cache::Loaded<const ContainerSpec>;
using LoadedNetwork = Cache::Loaded<const NetworkSpec>;

LoadedContainer load_container(const File& file) {
  LoadedContainer loaded{file, nullptr, {}};
  Report report(paths_of(file), file.name);
  if (const auto root = read_merged(file, report)) {
    auto spec = std::make_shared<ContainerSpec>(decode_container(*root, file.name, report));
    spec->sources = sources_of(file);
    validate(*spec, report);
    if (!report.failed()) loaded.spec = std::move(spec);
  }
  loaded.problems = std::move(report).take();
  return loaded;
}

LoadedNetwork load_network(const File& file) {
  LoadedNetwork loaded{file, nullptr, {}};
  Report report(paths_of(file), "");
  if (const auto root = read_merged(file, report)) {
    auto spec = std::make_shared<NetworkSpec>(decode_network(*root, file.name, report));
    spec->sources = sources_of(file);
    validate(*spec, report);
    if (!report.failed()) loaded.spec = std::move(spec);
  }
  loaded.problems = std::move(report).take();
  return loaded;
}

// Each file by itself: from the cache when it is there as it was, else by `load_file`.
template <class Spec, class LoadFile, class Take>
void load_files(const std::vector<File>& files,
                std::unordered_map<std::string, Cache::Loaded<Spec>>* cache, LoadFile load_file,
                Take take) {
  std::unordered_map<std::string, Cache::Loaded<Spec>> seen;
  for (const File& file : files) {
    const auto known =
        cache == nullptr ? decltype(cache->find(file.name)){} : cache->find(file.name);
    const bool same = cache != nullptr && known != cache->end() && known->second.file == file;
    Cache::Loaded<Spec> loaded = same ? std::move(known->second) : load_file(file);
    take(loaded);
    if (cache != nullptr) seen.insert_or_assign(file.name, std::move(loaded));
  }
  if (cache != nullptr) *cache = std::move(seen);
}

void take_container(const LoadedContainer& loaded, LoadedSet& set) {
  const File& file = loaded.file;
  Report report(file.path, file.name);
  check_name(file, set.containers, report);
  if (loaded.spec == nullptr || report.failed()) {
    set.bad[file.name] = file.path;
  } else {
    set.containers[file.name] = loaded.spec;
  }
  append(set.file_problems, std::move(report).take());
  append(set.file_problems, loaded.problems);
}

void take_network(const LoadedNetwork& loaded, LoadedSet& set) {
  if (loaded.spec == nullptr) {
    set.bad_networks[loaded.file.name] = loaded.file.path;
  } else {
    set.networks[loaded.file.name] = loaded.spec;
  }
  append(set.file_problems, loaded.problems);
}

void load_host(const File& file, LoadedSet& set) {
  Report report(paths_of(file), "");
  if (const auto root = read_merged(file, report)) set.host = decode_host(*root, report);
  set.host.sources = sources_of(file);
  if (report.failed()) set.host_failed = true;
  append(set.file_problems, std::move(report).take());
}

std::shared_ptr<const NetworkSpec> default_network(const HostSpec& host) {
  auto network = std::make_shared<NetworkSpec>();
  network->name = "default";
  network->bridge = host.bridge;
  network->subnet = host.subnet;
  network->subnet6 = host.subnet6;
  for (const char* key : {"", "bridge", "subnet", "subnet6"}) {
    if (const auto found = host.where.find(key); found != host.where.end()) {
      network->where[key] = found->second;
    }
  }
  return network;
}

// A network that does not fit beside those before it (the default one first, then by name).
void drop_unfit_networks(LoadedSet& set) {
  NetworkMap fitting{{"default", set.networks.at("default")}};
  for (const auto& [name, network] : set.networks) {
    if (name == "default") continue;
    if (auto problem = check_network(*network, fitting)) {
      set.bad_networks[name] = network->where.at("").file;
      set.file_problems.push_back(std::move(*problem));
    } else {
      fitting[name] = network;
    }
  }
  set.networks = std::move(fitting);
}

void set_unfit_containers_aside(const Snapshot& snapshot, LoadedSet& set) {
  // What has a file may be referred to, whether or not that file is good or was asked for.
  std::map<std::string, std::string> known = set.bad;
  std::map<std::string, std::string> known_networks = set.bad_networks;
  for (const std::string& name : snapshot.neighbours) known.emplace(name, "");
  for (const std::string& name : snapshot.neighbour_networks) known_networks.emplace(name, "");
  const SetView view{.containers = set.containers,
                     .networks = set.networks,
                     .bad = known,
                     .bad_networks = known_networks,
                     .quiet = true};
  for (Misfit& misfit : check_set(view)) {
    set.problems.push_back(std::move(misfit.diagnostic));
    const auto found = set.containers.find(misfit.container);
    if (found != set.containers.end()) set.unfit[misfit.container] = found->second;
  }
  for (const auto& [name, spec] : set.unfit) {
    set.containers.erase(name);
    set.bad[name] = where_of(*spec, "").file;
  }
}

}  // namespace

LoadedSet load(const Snapshot& snapshot, const HostSpec* in_force, Cache* cache) {
  LoadedSet set;
  set.missing_directory = snapshot.missing_directory;
  set.unread = snapshot.unread;
  set.masked = snapshot.masked_containers;
  set.host_failed = snapshot.refused_host;
  set.file_problems = snapshot.problems;
  set.bad = snapshot.refused_containers;
  set.bad_networks = snapshot.refused_networks;
  for (const File& file : snapshot.host) load_host(file, set);
  const HostSpec& host = set.host_failed && in_force != nullptr ? *in_force : set.host;
  set.as_one = host.apply == ApplyMode::set;
  load_files(snapshot.networks, cache == nullptr ? nullptr : &cache->networks, load_network,
             [&](const LoadedNetwork& loaded) { take_network(loaded, set); });
  load_files(snapshot.containers, cache == nullptr ? nullptr : &cache->containers, load_container,
             [&](const LoadedContainer& loaded) { take_container(loaded, set); });
  set.networks["default"] = default_network(in_force != nullptr ? *in_force : set.host);
  drop_unfit_networks(set);
  set_unfit_containers_aside(snapshot, set);
  append(set.problems, set.file_problems);
  std::ranges::sort(set.problems, {}, [](const Diagnostic& diagnostic) {
    return std::tie(diagnostic.pos, diagnostic.key, diagnostic.problem);
  });
  return set;
}

}  // namespace berth::definition
