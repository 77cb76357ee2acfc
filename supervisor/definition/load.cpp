// load: the bytes of files become specs; see load.h.
#include "supervisor/definition/load.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "supervisor/definition/check_set.h"
#include "supervisor/definition/decode.h"
#include "supervisor/definition/reader.h"
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

void load_container(const File& file, LoadedSet& set) {
  Report report(file.path, file.name);
  check_name(file, set.containers, report);
  if (const auto root = read_file(file.format, file.content, report)) {
    auto spec = std::make_shared<ContainerSpec>(decode_container(*root, file.name, report));
    validate(*spec, report);
    if (!report.failed()) set.containers[file.name] = std::move(spec);
  }
  if (report.failed()) set.bad[file.name] = file.path;
  append(set.file_problems, std::move(report).take());
}

void load_network(const File& file, LoadedSet& set) {
  Report report(file.path, "");
  if (const auto root = read_file(file.format, file.content, report)) {
    auto spec = std::make_shared<NetworkSpec>(decode_network(*root, file.name, report));
    validate(*spec, report);
    if (!report.failed()) set.networks[file.name] = std::move(spec);
  }
  if (report.failed()) set.bad_networks[file.name] = file.path;
  append(set.file_problems, std::move(report).take());
}

void load_host(const File& file, LoadedSet& set) {
  Report report(file.path, "");
  if (const auto root = read_file(file.format, file.content, report)) {
    set.host = decode_host(*root, report);
  }
  append(set.file_problems, std::move(report).take());
}

std::shared_ptr<const NetworkSpec> default_network(const HostSpec& host) {
  auto network = std::make_shared<NetworkSpec>();
  network->name = "default";
  network->bridge = host.bridge;
  network->subnet = host.subnet;
  for (const char* key : {"", "bridge", "subnet"}) {
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

LoadedSet load(const Snapshot& snapshot, const HostSpec* in_force) {
  LoadedSet set;
  set.missing_directory = snapshot.missing_directory;
  set.file_problems = snapshot.problems;
  set.bad = snapshot.refused_containers;
  set.bad_networks = snapshot.refused_networks;
  for (const File& file : snapshot.host) load_host(file, set);
  for (const File& file : snapshot.networks) load_network(file, set);
  for (const File& file : snapshot.containers) load_container(file, set);
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
