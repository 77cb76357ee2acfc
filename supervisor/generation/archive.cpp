#include "supervisor/generation/archive.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "supervisor/base/files.h"

namespace berth::generation {

namespace {

// A listing of 64 MiB names some 500,000 files; a definition file has at most 1 MiB.
constexpr std::size_t kObjectMost = 64 << 20;
constexpr std::size_t kManifestMost = 1 << 20;

// "12.json", and nothing else.
std::optional<std::uint64_t> number_of(const std::string& file) {
  constexpr std::string_view kEnding = ".json";
  if (!file.ends_with(kEnding)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = file.data() + file.size() - kEnding.size();
  const auto [stop, failure] = std::from_chars(file.data(), end, number);
  if (failure != std::errc{} || stop != end || number == 0) return std::nullopt;
  return number;
}

}  // namespace

std::string directory_of(const Paths& paths) { return paths.state() + "/generations"; }

std::string Archive::manifest_path(std::uint64_t number) const {
  return directory_ + "/" + std::to_string(number) + ".json";
}

std::string Archive::object_directory(const std::string& digest) const {
  return objects() + "/" + digest.substr(0, 2);
}

std::string Archive::object_path(const std::string& digest) const {
  return object_directory(digest) + "/" + digest.substr(2);
}

Result<Archive::Contents> Archive::read() const {
  Contents contents;
  std::error_code failure;
  for (std::filesystem::directory_iterator each(directory_, failure), end; !failure && each != end;
       each.increment(failure)) {
    const std::string file = each->path().filename().string();
    const auto number = number_of(file);
    if (!number) continue;
    contents.last_number = std::max(contents.last_number, *number);
    const auto text = read_small_file(each->path().string(), kManifestMost);
    auto manifest = text ? parse_manifest(*text) : std::unexpected(text.error());
    if (manifest && manifest->number != *number) manifest = fail("it is another's");
    if (manifest) {
      contents.generations.emplace(*number, *std::move(manifest));
    } else {
      contents.troubles.push_back("generation " + std::to_string(*number) + " is passed over: " +
                                  each->path().string() + ": " + manifest.error().message());
    }
  }
  if (failure == std::errc::no_such_file_or_directory) return contents;
  if (failure) return fail_errno("cannot read " + directory_, failure.value());
  return contents;
}

Result<std::string> Archive::object(const std::string& digest) const {
  if (!is_digest(digest)) return fail("\"" + digest + "\" names no text");
  std::string text = TRY(read_small_file(object_path(digest), kObjectMost));
  if (sha256_hex(text) != digest) return fail(object_path(digest) + " is damaged");
  return text;
}

Result<Listing> Archive::listing(const Manifest& manifest) const {
  const auto text = object(manifest.hash);
  auto listing = text ? parse_listing(*text) : std::unexpected(text.error());
  if (listing) return listing;
  return std::unexpected(std::move(listing).error().within(
      "the list of generation " + std::to_string(manifest.number) + " cannot be read"));
}

}  // namespace berth::generation
