#include "supervisor/source/tree_stream.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "supervisor/source/repository.h"

namespace berth::source {
namespace {

constexpr std::size_t kPathMax = 1024;

std::string quoted(std::string_view text) { return "\"" + clean_text(text, 120) + "\""; }

// Takes the text up to a separator from the front; false when there is none.
bool take_until(std::string_view& rest, char separator, std::string_view& taken) {
  const std::size_t at = rest.find(separator);
  if (at == std::string_view::npos) return false;
  taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view part; take_until(path, '/', part);) parts.push_back(part);
  parts.push_back(path);
  return parts;
}

bool is_definition(std::string_view name) {
  constexpr std::array<std::string_view, 3> kEndings{".toml", ".yaml", ".yml"};
  return !name.starts_with('.') && std::ranges::any_of(kEndings, [&](std::string_view ending) {
    return name.ends_with(ending) && name.size() > ending.size();
  });
}

// NAME.toml.d, the directory of drop-ins.
bool is_drop_in_directory(std::string_view name) {
  return name.ends_with(".d") && is_definition(name.substr(0, name.size() - 2));
}

// Whether a path below the directory is that of a definition.
bool counts(const std::vector<std::string_view>& parts) {
  if (parts.size() < 2 || (parts[0] != "containers" && parts[0] != "networks")) return false;
  if (parts.size() == 2) return is_definition(parts[1]);
  return parts.size() == 3 && is_drop_in_directory(parts[1]) && is_definition(parts[2]);
}

Result<void> check_entry(const ListedObject& object, const std::vector<std::string_view>& parts) {
  const std::string shown = quoted(object.path);
  if (object.path.size() > kPathMax) return fail("a path in the tree is too long: " + shown);
  for (const std::string_view part : parts) {
    if (part.empty() || part == "." || part == "..") {
      return fail("the tree has the path " + shown);
    }
    // Cleaning leaves alone what has neither control characters nor broken UTF-8.
    if (part.size() > 255 || clean_text(part, kPathMax) != part) {
      return fail("a name in the tree is not fit for a file: " + shown);
    }
  }
  if (object.mode == "120000") return fail(shown + " is a symbolic link");
  if (object.mode == "160000" || object.type == "commit") return fail(shown + " is a submodule");
  if (object.type != "blob" || !object.mode.starts_with("100")) {
    return fail(shown + " is not a regular file");
  }
  return {};
}

}  // namespace

Result<std::vector<ListedObject>> parse_listing(std::string_view listing) {
  std::vector<ListedObject> listed;
  while (!listing.empty()) {
    std::string_view record;
    if (!take_until(listing, '\0', record)) return fail("git's listing of the tree is cut off");
    std::string_view mode, type, id;
    if (!take_until(record, ' ', mode) || !take_until(record, ' ', type) ||
        !take_until(record, '\t', id) || mode.size() != 6 || !is_object_id(id) || record.empty()) {
      return fail("git's listing of the tree cannot be understood");
    }
    if (listed.size() == kFilesMax) return fail("the tree has more than 20000 files");
    listed.push_back({std::string(mode), std::string(type), std::string(id), std::string(record)});
  }
  return listed;
}

Result<std::vector<WantedFile>> choose_files(const std::vector<ListedObject>& listed,
                                             const std::string& directory) {
  const std::string prefix = directory.empty() ? "" : directory + "/";
  std::vector<WantedFile> wanted;
  std::set<std::string> seen;
  for (const ListedObject& object : listed) {
    if (!object.path.starts_with(prefix)) {
      return fail("git listed " + quoted(object.path) + ", which was not asked for");
    }
    const std::string path = object.path.substr(prefix.size());
    const std::vector<std::string_view> parts = parts_of(path);
    TRY(check_entry(object, parts));
    if (parts.size() == 1) return fail(quoted(object.path) + " is not a directory");
    if (!seen.insert(path).second) return fail("the tree has " + quoted(object.path) + " twice");
    if (counts(parts)) wanted.push_back({path, object.id});
  }
  if (listed.empty()) {
    return fail("there is no containers/ and no networks/ " +
                (directory.empty() ? "at the top of the tree" : "in " + quoted(directory)));
  }
  return wanted;
}

Result<std::vector<std::string>> parse_contents(std::string_view stream,
                                                const std::vector<WantedFile>& files) {
  std::vector<std::string> contents;
  std::size_t bytes = 0;
  for (const WantedFile& file : files) {
    const std::string shown = quoted(file.path);
    std::string_view head, id, type;
    if (!take_until(stream, '\n', head)) return fail("git's answer ends before " + shown);
    if (!take_until(head, ' ', id) || id != file.id) {
      return fail("git answered another object than that of " + shown);
    }
    if (!take_until(head, ' ', type)) return fail("the content of " + shown + " is missing");
    std::size_t size = 0;
    const auto [end, failure] = std::from_chars(head.data(), head.data() + head.size(), size);
    if (type != "blob" || failure != std::errc{} || end != head.data() + head.size()) {
      return fail("git's answer for " + shown + " cannot be understood");
    }
    if (size > kFileBytesMax) return fail(shown + " is larger than 1 MiB");
    bytes += size;
    if (bytes > kSetBytesMax) return fail("all files together are larger than 64 MiB");
    if (stream.size() < size + 1 || stream[size] != '\n') {
      return fail("the content of " + shown + " is cut off");
    }
    contents.emplace_back(stream.substr(0, size));
    stream.remove_prefix(size + 1);
  }
  if (!stream.empty()) return fail("git answered more than it was asked for");
  return contents;
}

Result<std::vector<CheckedObject>> parse_checks(std::string_view text) {
  std::vector<CheckedObject> checks;
  for (std::string_view line; take_until(text, '\n', line);) {
    std::string_view id, type;
    // What is missing is answered by its name as it was asked for: "NAME missing".
    if (!take_until(line, ' ', id)) return fail("git's answer cannot be understood");
    if (line == "missing") {
      checks.push_back({std::string(id), ""});
      continue;
    }
    if (!is_object_id(id) || !take_until(line, ' ', type)) {
      return fail("git's answer cannot be understood");
    }
    checks.push_back({std::string(id), std::string(type)});
  }
  if (!text.empty()) return fail("git's answer is cut off");
  return checks;
}

}  // namespace berth::source
