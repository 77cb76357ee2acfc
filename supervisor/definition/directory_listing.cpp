#include "supervisor/definition/directory_listing.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace berth::definition {

namespace {

constexpr std::size_t kFilesMost = 32'768;     // that count, in one directory
constexpr std::size_t kEntriesMost = 200'000;  // looked at in one directory

// A link to the null device, however it is written ("../../dev/null"); where there is no such
// device (a container's root), the usual text of the link.
bool is_mask(const unique_fd& directory, const char* file, bool trusted) {
  struct stat link{};
  if (::fstatat(directory.get(), file, &link, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (!S_ISLNK(link.st_mode) || (trusted && link.st_uid != 0)) return false;
  std::array<char, 16> target{};
  const ssize_t length = ::readlinkat(directory.get(), file, target.data(), target.size());
  if (length > 0 &&
      std::string_view(target.data(), static_cast<std::size_t>(length)) == "/dev/null") {
    return true;
  }
  struct stat status{};
  return ::fstatat(directory.get(), file, &status, 0) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(1, 3);
}

bool is_directory(const unique_fd& directory, const char* name) {
  struct stat status{};
  return ::fstatat(directory.get(), name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

// `type` as readdir(3) tells it, which spares a call for each of thousands of plain files.
void list_entry(const unique_fd& directory, const char* file, unsigned char type, bool trusted,
                Listing& listing) {
  if (auto name = definition_name(file)) {
    const bool masks = type != DT_REG && is_mask(directory, file, trusted);
    listing.files.push_back({file, std::move(name->name), name->format, masks});
  } else if (auto owner = drop_in_owner(file); owner && type != DT_REG) {
    if (is_directory(directory, file)) listing.drop_ins.push_back({file, std::move(*owner)});
  }
}

}  // namespace

Result<Listing> list_directory(const Found& directory, bool trusted) {
  const std::string self = "/proc/self/fd/" + std::to_string(directory.fd.get());
  DIR* stream = ::opendir(self.c_str());
  if (stream == nullptr) return fail_errno("it cannot be read");
  Listing listing;
  std::size_t seen = 0;
  errno = 0;
  while (const dirent* item = ::readdir(stream)) {
    if (++seen > kEntriesMost || listing.files.size() > kFilesMost) break;
    list_entry(directory.fd, item->d_name, item->d_type, trusted, listing);
    errno = 0;
  }
  const int failure = errno;
  ::closedir(stream);
  if (seen > kEntriesMost || listing.files.size() > kFilesMost) {
    return fail("there are more than " + std::to_string(kFilesMost) + " files in it");
  }
  // A listing that ended early would look like files that were removed.
  if (failure != 0) return fail_errno("it cannot be read to its end", failure);
  std::ranges::sort(listing.files, {},
                    [](const ListedFile& each) { return std::tie(each.name, each.file); });
  std::ranges::sort(listing.drop_ins, {},
                    [](const ListedDropIns& each) { return std::tie(each.owner, each.directory); });
  return listing;
}

Listing list_host_files(const Found& directory, bool trusted) {
  Listing listing;
  struct stat status{};
  for (const char* file : {"berthd.toml", "berthd.toml.d"}) {
    if (::fstatat(directory.fd.get(), file, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    list_entry(directory.fd, file, DT_UNKNOWN, trusted, listing);
  }
  return listing;
}

}  // namespace berth::definition
