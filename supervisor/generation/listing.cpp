#include "supervisor/generation/listing.h"

#include <algorithm>
#include <array>

namespace berth::generation {

namespace {

constexpr char kContainer = 'c';
constexpr char kNetwork = 'n';
constexpr char kHost = 'h';

// A path is an operator's: tabs and line ends in it are written as %09 and %0A.
std::string escape(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(path.size());
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '%') {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> unescape(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      path += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : digit(text[i + 2]);
    if (low < 0) return fail("a path in it is cut off");
    path += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return path;
}

void add_lines(std::string& text, char kind, const std::string& name, const Pieces& pieces) {
  for (const Piece& piece : pieces) {
    text += kind;
    text += '\t';
    text += name;
    text += '\t';
    text += piece.digest;
    text += '\t';
    text += escape(piece.path);
    text += '\n';
  }
}

Result<void> parse_line(std::string_view line, Listing& listing) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return fail("a line of it is cut off");
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  fields[3] = line;
  if (fields[0].size() != 1 || !is_digest(fields[2])) return fail("a line of it is none");
  Piece piece{TRY(unescape(fields[3])), std::string(fields[2])};
  const std::string name(fields[1]);
  switch (fields[0][0]) {
    case kContainer: listing.containers[name].push_back(std::move(piece)); return {};
    case kNetwork: listing.networks[name].push_back(std::move(piece)); return {};
    case kHost: listing.host.push_back(std::move(piece)); return {};
    default: return fail("a line of it is of an unknown kind");
  }
}

Pieces pieces_of(const std::vector<SourceText>& sources, Digests& digests) {
  Pieces pieces;
  pieces.reserve(sources.size());
  for (const SourceText& source : sources) {
    pieces.push_back({source.path, digests.of(source.content)});
  }
  return pieces;
}

void add_file(std::string& text, char kind, const definition::File& file, Digests& digests) {
  Pieces pieces{{file.path, digests.of(file.content.shared())}};
  for (const definition::File& drop_in : file.drop_ins) {
    pieces.push_back({drop_in.path, digests.of(drop_in.content.shared())});
  }
  add_lines(text, kind, file.name, pieces);
}

}  // namespace

std::string to_text(const Listing& listing) {
  std::string text;
  for (const auto& [name, pieces] : listing.containers) add_lines(text, kContainer, name, pieces);
  for (const auto& [name, pieces] : listing.networks) add_lines(text, kNetwork, name, pieces);
  add_lines(text, kHost, "berthd", listing.host);
  return text;
}

Result<Listing> parse_listing(std::string_view text) {
  Listing listing;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return fail("its last line is cut off");
    TRY(parse_line(text.substr(0, end), listing));
    text.remove_prefix(end + 1);
  }
  return listing;
}

Listing listing_of(const definition::AcceptedSet& set, const HostSpec& host, Digests& digests) {
  Listing listing;
  for (const auto& [name, spec] : set.containers) {
    listing.containers.emplace_hint(listing.containers.end(), name,
                                    pieces_of(spec->sources, digests));
  }
  for (const auto& [name, network] : set.networks) {
    if (!network->sources.empty()) listing.networks[name] = pieces_of(network->sources, digests);
  }
  listing.host = pieces_of(host.sources, digests);
  return listing;
}

std::string fingerprint(const definition::Snapshot& snapshot, Digests& digests) {
  std::string text;
  for (const definition::File& file : snapshot.containers)
    add_file(text, kContainer, file, digests);
  for (const definition::File& file : snapshot.networks) add_file(text, kNetwork, file, digests);
  for (const auto* names : {&snapshot.refused_containers, &snapshot.masked_containers,
                            &snapshot.refused_networks, &snapshot.masked_networks}) {
    for (const auto& [name, path] : *names) text += "-\t" + name + "\t" + escape(path) + "\n";
    text += "-\n";
  }
  return sha256_hex(text);
}

Difference difference(const std::map<std::string, Pieces>& before,
                      const std::map<std::string, Pieces>& after) {
  Difference found;
  for (const auto& [name, pieces] : after) {
    const auto former = before.find(name);
    if (former == before.end()) {
      found.added.push_back(name);
    } else if (former->second != pieces) {
      found.changed.push_back(name);
    }
  }
  for (const auto& [name, pieces] : before) {
    if (!after.contains(name)) found.removed.push_back(name);
  }
  return found;
}

bool same_definitions(const Listing& left, const Listing& right) {
  return left.containers == right.containers && left.networks == right.networks;
}

}  // namespace berth::generation
