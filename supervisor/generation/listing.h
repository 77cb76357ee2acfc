// Listing: what a generation is made of, by the digests of its files. Pure.
//
// As text, one line a file, "KIND<tab>NAME<tab>DIGEST<tab>PATH", sorted by kind and name, the files
// of one definition in the order in which they are merged. The digest of that text is the hash of
// the generation: two with the same hash are the same.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/definition/load.h"
#include "supervisor/generation/digest.h"

namespace berth::generation {

struct Piece {
  std::string path;    // as shown in diagnostics: "containers/web.toml"
  std::string digest;  // of its bytes
  bool operator==(const Piece&) const = default;
};
using Pieces = std::vector<Piece>;

struct Listing {
  std::map<std::string, Pieces> containers;
  std::map<std::string, Pieces> networks;  // without the default one, which is the host's
  Pieces host;                             // berthd.toml and its drop-ins
  bool operator==(const Listing&) const = default;
};

std::string to_text(const Listing& listing);
Result<Listing> parse_listing(std::string_view text);

Listing listing_of(const definition::AcceptedSet& set, const HostSpec& host, Digests& digests);
// Of definition files as they are, whatever is thought of them: what tells whether they changed.
// Without berthd.toml, which no generation brings back.
std::string fingerprint(const definition::Snapshot& snapshot, Digests& digests);

// What differs from one generation to the next, by name.
struct Difference {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
  bool operator==(const Difference&) const = default;
};
Difference difference(const std::map<std::string, Pieces>& before,
                      const std::map<std::string, Pieces>& after);
// Whether they say the same of containers and networks.
bool same_definitions(const Listing& left, const Listing& right);

// What is needed of a listing's files: digest and path, in order.
void each_piece(const Listing& listing, const auto& visit) {
  for (const auto* definitions : {&listing.containers, &listing.networks}) {
    for (const auto& [name, pieces] : *definitions) {
      for (const Piece& piece : pieces) visit(piece);
    }
  }
  for (const Piece& piece : listing.host) visit(piece);
}

}  // namespace berth::generation
