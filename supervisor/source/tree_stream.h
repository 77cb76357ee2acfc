// What git says of a commit's tree, from a process that read a stranger's bytes: the listing of
// `git ls-tree -r -z` and the stream of `git cat-file --batch`. Every byte of both is checked
// here; what comes out can be written to disk. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"

namespace berth::source {

inline constexpr std::size_t kFilesMax = 20'000;
inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kSetBytesMax = 64 << 20;
inline constexpr std::size_t kListingBytesMax = 8 << 20;

struct ListedObject {
  std::string mode;  // "100644"
  std::string type;  // "blob", "tree", "commit"
  std::string id;
  std::string path;  // from the top of the repository, as it is in the tree
};

// The records of `git ls-tree -z`: "MODE TYPE ID\tPATH\0".
Result<std::vector<ListedObject>> parse_listing(std::string_view listing);

// One file of the checkout.
struct WantedFile {
  std::string path;  // "containers/web.toml", "containers/web.toml.d/10-more.toml"
  std::string id;
};

// The definition files among what is listed below `directory` ("" for the top): those that a
// directory laid out as /etc/berth has. Other regular files are passed over. A symlink, a
// submodule, a name with control characters, "..", a path that comes twice, or more files than
// kFilesMax refuse the whole; so does a directory that has neither containers/ nor networks/.
Result<std::vector<WantedFile>> choose_files(const std::vector<ListedObject>& listed,
                                             const std::string& directory);

// The contents that `git cat-file --batch` answers for these files, in their order. Anything that
// is no blob of the very id, is missing, or too large, is an error, and so are bytes behind it.
Result<std::vector<std::string>> parse_contents(std::string_view stream,
                                                const std::vector<WantedFile>& files);

// One answer of `git cat-file --batch-check`.
struct CheckedObject {
  std::string id;
  std::string type;  // "" when it is missing
};
Result<std::vector<CheckedObject>> parse_checks(std::string_view text);

}  // namespace berth::source
