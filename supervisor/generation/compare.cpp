#include "supervisor/generation/compare.h"

#include <algorithm>
#include <map>
#include <set>

#include "supervisor/generation/restore.h"
#include "supervisor/generation/text_diff.h"
#include "supervisor/model/member_changes.h"

namespace berth::generation {

namespace {

std::vector<DefinitionChange> named(const Difference& difference) {
  std::vector<DefinitionChange> changes;
  for (const std::string& name : difference.added) changes.push_back({name, Change::added, {}, ""});
  for (const std::string& name : difference.changed) {
    changes.push_back({name, Change::changed, {}, ""});
  }
  for (const std::string& name : difference.removed) {
    changes.push_back({name, Change::removed, {}, ""});
  }
  std::ranges::sort(changes, {}, &DefinitionChange::name);
  return changes;
}

// By path: the digests of the files on both sides, "" where there is none.
using Sides = std::map<std::string, std::pair<std::string, std::string>>;

Sides sides_of(const Listing& before, const Listing& after) {
  Sides sides;
  each_piece(before, [&](const Piece& piece) { sides[piece.path].first = piece.digest; });
  each_piece(after, [&](const Piece& piece) { sides[piece.path].second = piece.digest; });
  std::erase_if(sides, [](const auto& each) { return each.second.first == each.second.second; });
  return sides;
}

// Settings whose default network takes neither a subnet nor a link from those that are compared.
HostSpec nobody() {
  HostSpec host;
  host.subnet.clear();
  host.bridge.clear();
  return host;
}

void tell_keys(std::vector<DefinitionChange>& changes, const auto& former, const auto& later,
               const auto& changed) {
  for (DefinitionChange& each : changes) {
    if (each.change != Change::changed) continue;
    const auto before = former.find(each.name);
    const auto after = later.find(each.name);
    if (before == former.end() || after == later.end()) {
      each.trouble = "its keys cannot be read";
    } else {
      each.keys = changed(*before->second, *after->second);
    }
  }
}

}  // namespace

std::string_view name_of(Change change) {
  switch (change) {
    case Change::added: return "added";
    case Change::changed: return "changed";
    case Change::removed: return "removed";
  }
  return "changed";
}

Comparison compare(const Archive& archive, const Listing& before, const Listing& after) {
  Comparison comparison;
  const Difference containers = difference(before.containers, after.containers);
  const Difference networks = difference(before.networks, after.networks);
  comparison.containers = named(containers);
  comparison.networks = named(networks);
  comparison.host = before.host != after.host;
  Digests digests;
  const auto set_of = [&](const Listing& listing) {
    const Listing picked = pick(listing, containers.changed, networks.changed);
    return restore(archive, picked, nobody(), digests, {}).set;
  };
  const definition::AcceptedSet former = set_of(before);
  const definition::AcceptedSet later = set_of(after);
  tell_keys(comparison.containers, former.containers, later.containers,
            [](const auto& left, const auto& right) { return changed_keys(left, right); });
  tell_keys(comparison.networks, former.networks, later.networks,
            [](const auto& left, const auto& right) { return changed_members(left, right); });
  return comparison;
}

Result<std::string> text_diffs(const Archive& archive, const Listing& before,
                               const Listing& after) {
  std::string text;
  for (const auto& [path, digests] : sides_of(before, after)) {
    const std::string former = digests.first.empty() ? "" : TRY(archive.object(digests.first));
    const std::string later = digests.second.empty() ? "" : TRY(archive.object(digests.second));
    text += unified_diff(digests.first.empty() ? "" : "a/" + path, former,
                         digests.second.empty() ? "" : "b/" + path, later);
  }
  return text;
}

}  // namespace berth::generation
