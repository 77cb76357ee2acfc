#include "supervisor/definition/snapshot_taker.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/definition/shapes.h"
#include "supervisor/definition/tree.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

constexpr std::size_t kSetBytesMost = 64u << 20;  // of one snapshot
constexpr std::size_t kDropInsMost = 100;         // of one name
// Times of files are as coarse as this on some file systems (two seconds on FAT).
constexpr std::int64_t kCoarsestTime = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) {
  return FileStamp{.device = status.st_dev,
                   .inode = status.st_ino,
                   .size = status.st_size,
                   .modified = nanoseconds(status.st_mtim),
                   .changed = nanoseconds(status.st_ctim),
                   .owner = status.st_uid,
                   .mode = status.st_mode};
}

std::int64_t wall_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

}  // namespace

std::string show_file(const std::string& file) { return has_control(file) ? quote(file) : file; }

bool SnapshotTaker::take(Kind kind, const std::vector<Folder>& folders) {
  std::vector<OpenFolder> opened;
  opened.reserve(folders.size());  // candidates point into it
  bool first_found = false;
  for (const Folder& folder : folders) {
    const bool found = open(kind, folder, opened);
    if (&folder == &folders.front()) first_found = found;
  }
  Candidates candidates;
  for (const OpenFolder& layer : opened) {
    for (const ListedFile& file : layer.listing.files) {
      Candidate& candidate = candidates[file.name];
      if (candidate.layer == nullptr) candidate.layer = &layer;
      if (candidate.layer == &layer) candidate.files.push_back(&file);
    }
    for (const ListedDropIns& drop_ins : layer.listing.drop_ins) {
      candidates[drop_ins.owner].drop_ins.emplace_back(&layer, &drop_ins);
    }
  }
  for (const auto& [name, candidate] : candidates) take_name(kind, name, candidate);
  return first_found;
}

void SnapshotTaker::take_one(Kind kind, const Folder& folder, const ListedFile& file) {
  std::vector<OpenFolder> opened;
  if (!open(kind, folder, opened)) return;
  Candidate candidate{.layer = &opened.front(), .files = {&file}, .drop_ins = {}};
  for (const ListedDropIns& drop_ins : opened.front().listing.drop_ins) {
    if (drop_ins.owner == file.name) candidate.drop_ins.emplace_back(&opened.front(), &drop_ins);
  }
  take_name(kind, file.name, candidate);
}

void SnapshotTaker::finish() {
  if (cache_ != nullptr) cache_->files = std::move(seen_);
}

bool SnapshotTaker::open(Kind kind, const Folder& folder, std::vector<OpenFolder>& opened) {
  const auto refuse_directory = [&](const Error& error) {
    // Whoever looks at definitions without being root may not see all of them.
    const bool hidden = !trusted_ && error.code == EACCES;
    snapshot_.unread.push_back(folder.shown);
    problem(folder.shown, "the directory is not taken: " + error.message(), "", "",
            hidden ? Severity::warning : Severity::error);
  };
  auto found = open_path(folder.root, folder.path, trusted_);
  if (!found) {
    if (found.error().code == ENOENT) return false;
    struct stat status{};
    const std::string host_file = folder.on_host() + "/berthd.toml";
    if (kind != Kind::host)
      refuse_directory(found.error());
    else if (::lstat(host_file.c_str(), &status) == 0)
      refuse(kind, "berthd", folder.shown + "berthd.toml",
             "the file is not taken: " + found.error().message());
    return false;
  }
  if (kind == Kind::host) {
    Listing listing = list_host_files(*found, trusted_);
    opened.push_back({folder, std::move(*found), std::move(listing)});
    return true;
  }
  auto listing = list_directory(*found, trusted_);
  if (!listing) {
    refuse_directory(listing.error());
    return false;
  }
  opened.push_back({folder, std::move(*found), std::move(*listing)});
  return true;
}

void SnapshotTaker::take_name(Kind kind, const std::string& name, const Candidate& candidate) {
  if (candidate.layer == nullptr) return take_drop_ins_alone(kind, name, candidate);
  const Folder& folder = candidate.layer->folder;
  const ListedFile& main = *candidate.files.front();
  const std::string shown = folder.shown + show_file(main.file);
  if (candidate.files.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < candidate.files.size(); ++i) {
      others += (i == 1 ? "" : " and ") + candidate.files[i]->file;
    }
    return refuse(kind, name, shown,
                  "the name " + quote(name) + " is taken twice, by this file and " + others,
                  "remove one of them");
  }
  std::string origin = folder.on_host() + "/" + main.file;
  if (main.masks) {
    if (kind == Kind::container) snapshot_.masked_containers[name] = std::move(origin);
    if (kind == Kind::network) snapshot_.masked_networks[name] = std::move(origin);
    return;
  }
  if (kind != Kind::host && !is_container_name(name)) {
    return refuse(kind, name, shown, "the name of the file, " + quote(name) + ", is not a name",
                  "lower case letters, digits, \"_\", \".\" and \"-\", at most 63 of them");
  }
  auto content = read(candidate.layer->found, main.file, origin);
  if (!content) {
    struct stat status{};
    // Gone between the listing and the opening: as if it had been removed a moment before.
    if (content.error().code == ENOENT && ::lstat(origin.c_str(), &status) != 0) {
      snapshot_.torn = true;
      return;
    }
    return refuse(kind, name, shown, "the file is not taken: " + content.error().message());
  }
  File file{shown, name, main.format, std::move(*content), {}, std::move(origin)};
  if (!take_drop_ins(kind, name, candidate, file)) return;
  auto& files = kind == Kind::network     ? snapshot_.networks
                : kind == Kind::container ? snapshot_.containers
                                          : snapshot_.host;
  files.push_back(std::move(file));
}

// A drop-in is easily left behind, or called wrongly; so it is said.
void SnapshotTaker::take_drop_ins_alone(Kind kind, const std::string& name,
                                        const Candidate& candidate) {
  DropIns drop_ins;
  if (!collect(kind, name, candidate, drop_ins) || drop_ins.empty()) return;
  problem(drop_ins.begin()->second.shown,
          "there is no definition of " + quote(name) + " for this drop-in to be merged over",
          "a file " + show_file(name) + ".toml, or remove the drop-in",
          kind == Kind::container ? name : "");
}

// False when the name is refused for one of them.
bool SnapshotTaker::take_drop_ins(Kind kind, const std::string& name, const Candidate& candidate,
                                  File& file) {
  DropIns drop_ins;
  if (!collect(kind, name, candidate, drop_ins)) return false;
  for (const auto& [file_name, drop_in] : drop_ins) {
    auto content = read(drop_in.directory, file_name, drop_in.origin);
    if (!content) {
      struct stat status{};
      if (content.error().code == ENOENT && ::lstat(drop_in.origin.c_str(), &status) != 0) {
        snapshot_.torn = true;
        continue;
      }
      refuse(kind, name, drop_in.shown, "the file is not taken: " + content.error().message());
      return false;
    }
    file.drop_ins.push_back(
        {drop_in.shown, file_name, drop_in.file.format, std::move(*content), {}, drop_in.origin});
  }
  return true;
}

// Those that count, of all layers: a file of a higher layer stands for those of the same name
// below it, and a link to /dev/null takes them away. False when the name is refused.
bool SnapshotTaker::collect(Kind kind, const std::string& name, const Candidate& candidate,
                            DropIns& drop_ins) {
  std::set<std::string> masked;
  std::map<std::string, const OpenFolder*> layers;
  for (const auto& [layer, listed] : candidate.drop_ins) {
    const std::string shown = layer->folder.shown + show_file(listed->directory) + "/";
    auto found = open_below(layer->found, listed->directory, trusted_);
    auto listing =
        found ? list_directory(*found, trusted_) : Result<Listing>(std::unexpected(found.error()));
    if (!listing) {
      if (listing.error().code == ENOENT) continue;
      refuse(kind, name, shown, "the directory is not taken: " + listing.error().message());
      return false;
    }
    for (const ListedFile& file : listing->files) {
      const auto [place, first] = layers.emplace(file.file, layer);
      if (!first && place->second != layer) continue;
      if (!first) {
        refuse(kind, name, shown + show_file(file.file),
               "there are two drop-ins of this name for " + quote(name) + " beside each other",
               "remove one of them");
        return false;
      }
      if (file.masks) continue;
      auto directory = open_below(*found, ".", trusted_);
      if (!directory) continue;
      drop_ins.emplace(file.file,
                       DropIn{shown + show_file(file.file),
                              layer->folder.on_host() + "/" + listed->directory + "/" + file.file,
                              std::move(*directory), file});
    }
  }
  if (drop_ins.size() <= kDropInsMost) return true;
  refuse(kind, name, drop_ins.begin()->second.shown,
         quote(name) + " has more than " + std::to_string(kDropInsMost) + " drop-ins");
  return false;
}

Result<Content> SnapshotTaker::read(const Found& directory, const std::string& file,
                                    const std::string& origin) {
  if (cache_ != nullptr) {
    struct stat status{};
    const auto known = cache_->files.find(origin);
    if (known != cache_->files.end() && known->second.settled &&
        ::fstatat(directory.fd.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        stamp_of(status) == known->second.stamp) {
      Content content = known->second.content;
      seen_.insert_or_assign(origin, known->second);
      if (!within_bounds(content)) return fail("all files together are larger than 64 MiB");
      return content;
    }
  }
  Content content = TRY(read_new(directory, file, origin));
  if (!within_bounds(content)) return fail("all files together are larger than 64 MiB");
  return content;
}

Result<Content> SnapshotTaker::read_new(const Found& directory, const std::string& file,
                                        const std::string& origin) {
  const std::int64_t begin = wall_clock();
  const Found found = TRY(open_below(directory, file, trusted_));
  struct stat before{};
  struct stat after{};
  if (::fstat(found.fd.get(), &before) != 0) return fail_errno("it cannot be looked at");
  const FileStamp stamp = stamp_of(before);
  const bool settled = std::max(stamp.modified, stamp.changed) + kCoarsestTime < begin;
  const Cache::Bytes* known = nullptr;
  if (cache_ != nullptr) {
    const auto entry = cache_->files.find(origin);
    if (entry != cache_->files.end()) known = &entry->second;
  }
  // Behind a symlink, which read() does not know; the way to it has been walked again.
  Content content;
  if (known != nullptr && known->settled && known->stamp == stamp) {
    content = known->content;
  } else {
    content = TRY(read_regular(found.fd, kFileBytesMost));
    if (::fstat(found.fd.get(), &after) != 0 || stamp_of(after) != stamp) snapshot_.torn = true;
    if (known != nullptr && known->content == content) content = known->content;
  }
  if (cache_ != nullptr) seen_.insert_or_assign(origin, Cache::Bytes{stamp, settled, content});
  return content;
}

bool SnapshotTaker::within_bounds(const Content& content) {
  bytes_ += content.text().size();
  return bytes_ <= kSetBytesMost;
}

void SnapshotTaker::problem(const std::string& file, std::string what, std::string remedy,
                            std::string container, Severity severity) {
  snapshot_.problems.push_back(Diagnostic{severity, SourcePos{file, 0, 0}, "", std::move(what),
                                          std::move(remedy), std::move(container)});
}

void SnapshotTaker::refuse(Kind kind, const std::string& name, const std::string& shown,
                           std::string what, std::string remedy) {
  const bool container = kind == Kind::container && is_container_name(name);
  problem(shown, std::move(what), std::move(remedy), container ? name : "");
  mark_refused(kind, name, shown);
}

void SnapshotTaker::mark_refused(Kind kind, const std::string& name, const std::string& shown) {
  if (kind == Kind::host) snapshot_.refused_host = true;
  if (!is_container_name(name)) return;
  if (kind == Kind::container) snapshot_.refused_containers[name] = shown;
  if (kind == Kind::network) snapshot_.refused_networks[name] = shown;
}

}  // namespace berth::definition
