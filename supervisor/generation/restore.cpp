#include "supervisor/generation/restore.h"

#include <map>

#include "supervisor/definition/layers.h"

namespace berth::generation {

namespace {

using definition::File;

std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<File> stored_file(const Archive& archive, const Piece& piece, const std::string& name) {
  const auto ending = definition::definition_name(last_of(piece.path));
  if (!ending) return fail(piece.path + " is not the name of a definition");
  File file;
  file.path = piece.path;
  file.name = name;
  file.format = ending->format;
  file.content = definition::Content(TRY(archive.object(piece.digest)));
  return file;
}

Result<File> stored_definition(const Archive& archive, const std::string& name,
                               const Pieces& pieces) {
  File file = TRY(stored_file(archive, pieces.front(), name));
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    file.drop_ins.push_back(TRY(stored_file(archive, pieces[i], last_of(pieces[i].path))));
  }
  return file;
}

// The live file, if it is what the listing names.
const File* live_file(const std::map<std::string, const File*>& live, const std::string& name,
                      const Pieces& pieces, Digests& digests) {
  const auto found = live.find(name);
  if (found == live.end() || found->second->drop_ins.size() + 1 != pieces.size()) return nullptr;
  const File* part = found->second;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) part = &found->second->drop_ins[i - 1];
    if (part->path != pieces[i].path || digests.of(part->content.shared()) != pieces[i].digest) {
      return nullptr;
    }
  }
  return found->second;
}

class Restoration {
 public:
  Restoration(const Archive& archive, Digests& digests) : archive_(archive), digests_(digests) {}

  void add(const std::map<std::string, Pieces>& wanted, const std::vector<File>* live,
           std::vector<File>& files) {
    std::map<std::string, const File*> by_name;
    if (live != nullptr) {
      for (const File& file : *live) by_name[file.name] = &file;
    }
    for (const auto& [name, pieces] : wanted) {
      if (const File* file = live_file(by_name, name, pieces, digests_)) {
        files.push_back(*file);
        continue;
      }
      auto file = stored_definition(archive_, name, pieces);
      if (file) {
        files.push_back(*std::move(file));
      } else {
        troubles.push_back(pieces.front().path + ": " + file.error().message());
      }
    }
  }

  std::vector<std::string> troubles;

 private:
  const Archive& archive_;
  Digests& digests_;
};

// Takes from the set in force what is the same there; the rest is to be restored.
std::map<std::string, Pieces> without_known(const std::map<std::string, Pieces>& wanted,
                                            const std::map<std::string, Pieces>& known,
                                            const auto& specs, auto& taken) {
  std::map<std::string, Pieces> rest;
  for (const auto& [name, pieces] : wanted) {
    const auto same = known.find(name);
    const auto spec = specs.find(name);
    if (same != known.end() && same->second == pieces && spec != specs.end()) {
      taken[name] = spec->second;
    } else {
      rest[name] = pieces;
    }
  }
  return rest;
}

}  // namespace

Restored restore(const Archive& archive, const Listing& listing, const HostSpec& host,
                 Digests& digests, const AtHand& at_hand) {
  Restored restored;
  definition::AcceptedSet& set = restored.set;
  Listing rest = listing;
  if (at_hand.set != nullptr && at_hand.listing != nullptr) {
    rest.containers = without_known(listing.containers, at_hand.listing->containers,
                                    at_hand.set->containers, set.containers);
    rest.networks = without_known(listing.networks, at_hand.listing->networks,
                                  at_hand.set->networks, set.networks);
  }
  definition::Snapshot files;
  Restoration restoration(archive, digests);
  const definition::Snapshot* live = at_hand.files;
  restoration.add(rest.containers, live == nullptr ? nullptr : &live->containers, files.containers);
  restoration.add(rest.networks, live == nullptr ? nullptr : &live->networks, files.networks);
  const definition::LoadedSet loaded = definition::load(files, &host, at_hand.cache);
  for (const auto& [name, spec] : loaded.containers) set.containers[name] = spec;
  for (const auto& [name, spec] : loaded.unfit) set.containers[name] = spec;
  for (const auto& [name, network] : loaded.networks) set.networks[name] = network;
  restored.troubles = std::move(restoration.troubles);
  for (const Diagnostic& problem : loaded.file_problems) {
    if (problem.severity == Severity::error && !set.containers.contains(problem.container)) {
      restored.troubles.push_back(format(problem));
    }
  }
  return restored;
}

Listing pick(const Listing& listing, const std::vector<std::string>& containers,
             const std::vector<std::string>& networks) {
  Listing picked;
  for (const std::string& name : containers) {
    const auto found = listing.containers.find(name);
    if (found != listing.containers.end()) picked.containers.insert(*found);
  }
  for (const std::string& name : networks) {
    const auto found = listing.networks.find(name);
    if (found != listing.networks.end()) picked.networks.insert(*found);
  }
  return picked;
}

}  // namespace berth::generation
