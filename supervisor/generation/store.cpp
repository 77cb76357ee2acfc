#include "supervisor/generation/store.h"

#include <filesystem>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>

namespace berth::generation {

namespace {

constexpr std::string_view kUnfinished = ".new";
// Up to so many files are synced one by one; for more, the whole file system is quicker.
constexpr std::size_t kSyncedOneByOne = 32;

// What stands in a directory; the increments of a range-for would throw. `failure` stays as it is
// when all goes well.
std::vector<std::filesystem::path> paths_in(const std::filesystem::path& directory,
                                            std::error_code& failure) {
  std::vector<std::filesystem::path> paths;
  std::error_code mine;
  for (std::filesystem::directory_iterator at(directory, mine), end; !mine && at != end;
       at.increment(mine)) {
    paths.push_back(at->path());
  }
  if (mine) failure = mine;
  return paths;
}

}  // namespace

Result<Store> Store::open(const std::string& directory, Files& files) {
  Store store(directory, files);
  TRY(files.make_directory(directory));
  TRY(files.make_directory(store.objects()));
  store.lock_.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!store.lock_) return fail_errno("cannot open " + directory);
  if (::flock(store.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail_errno("another berthd keeps its generations in " + directory);
  }
  store.contents_ = TRY(store.read());
  store.count_references();
  TRY(store.remove_leftovers());
  return store;
}

const Manifest* Store::latest() const {
  return contents_.generations.empty() ? nullptr : &contents_.generations.rbegin()->second;
}

// A generation whose list cannot be read is as good as not there.
void Store::count_references() {
  std::map<std::string, Listing> known;  // rollbacks share their listings
  for (auto each = contents_.generations.begin(); each != contents_.generations.end();) {
    const Manifest& manifest = each->second;
    auto found = known.find(manifest.hash);
    if (found == known.end()) {
      auto read = listing(manifest);
      if (!read) {
        contents_.troubles.push_back("generation " + std::to_string(manifest.number) +
                                     " is passed over: " + read.error().message());
        each = contents_.generations.erase(each);
        continue;
      }
      found = known.emplace(manifest.hash, *std::move(read)).first;
    }
    add_reference(manifest.hash);
    each_piece(found->second, [this](const Piece& piece) { add_reference(piece.digest); });
    ++each;
  }
}

// Unfinished files, and texts that no generation names: a writing was interrupted. While a
// manifest is unreadable nobody knows what it names, so then only what is unfinished goes.
Result<void> Store::remove_leftovers() {
  namespace fs = std::filesystem;
  std::error_code failure;
  std::vector<std::string> leftovers;
  for (const fs::path& path : paths_in(directory_, failure)) {
    if (path.string().ends_with(kUnfinished)) leftovers.push_back(path.string());
  }
  for (const fs::path& folder : paths_in(objects(), failure)) {
    std::error_code ignored;  // what is no directory is not ours
    if (!fs::is_directory(folder, ignored)) continue;
    for (const fs::path& path : paths_in(folder, failure)) {
      const std::string digest = folder.filename().string() + path.filename().string();
      const bool unfinished = digest.ends_with(kUnfinished);
      const bool unnamed = contents_.troubles.empty() && !references_.contains(digest);
      if (unfinished || unnamed) leftovers.push_back(path.string());
    }
  }
  if (failure) return fail_errno("cannot read " + directory_, failure.value());
  for (const std::string& path : leftovers) TRY(files_->remove(path));
  return {};
}

Result<void> Store::write_objects(
    const std::vector<std::pair<std::string, const std::string*>>& objects) {
  std::set<std::string> directories;
  for (const auto& [digest, text] : objects) {
    if (directories.insert(object_directory(digest)).second) {
      TRY(files_->make_directory(object_directory(digest)));
    }
    TRY(files_->write(object_path(digest) + std::string(kUnfinished), *text));
  }
  const bool one_by_one = objects.size() <= kSyncedOneByOne;
  if (!one_by_one) TRY(files_->sync_all(directory_));
  for (const auto& [digest, text] : objects) {
    const std::string path = object_path(digest);
    if (one_by_one) TRY(files_->sync(path + std::string(kUnfinished)));
    TRY(files_->rename(path + std::string(kUnfinished), path));
  }
  if (!one_by_one) return files_->sync_all(directory_);
  for (const std::string& directory : directories) TRY(files_->sync(directory));
  return files_->sync(this->objects());
}

Result<void> Store::write_manifest(const Manifest& manifest) {
  const std::string path = manifest_path(manifest.number);
  TRY(files_->write(path + std::string(kUnfinished), to_json(manifest)));
  TRY(files_->sync(path + std::string(kUnfinished)));
  TRY(files_->rename(path + std::string(kUnfinished), path));
  return files_->sync(directory_);
}

Result<void> Store::add(Manifest manifest, const Listing& listing, const TextOf& text_of) {
  const std::string list = to_text(listing);
  manifest.number = next_number();
  manifest.hash = sha256_hex(list);
  std::vector<std::pair<std::string, const std::string*>> missing;
  std::set<std::string> named;
  const auto need = [&](const std::string& digest, const std::string* text) -> Result<void> {
    if (references_.contains(digest) || !named.insert(digest).second) return {};
    if (text == nullptr) return fail("a text that is to be kept is not there any more");
    missing.emplace_back(digest, text);
    return {};
  };
  Result<void> all;
  each_piece(listing, [&](const Piece& piece) {
    if (!references_.contains(piece.digest) && all) all = need(piece.digest, text_of(piece.digest));
  });
  TRY(std::move(all));
  TRY(need(manifest.hash, &list));
  if (!missing.empty()) TRY(write_objects(missing));
  TRY(write_manifest(manifest));
  add_reference(manifest.hash);
  each_piece(listing, [this](const Piece& piece) { add_reference(piece.digest); });
  contents_.last_number = manifest.number;
  contents_.generations.emplace(manifest.number, std::move(manifest));
  return {};
}

Result<void> Store::set_outcome(std::uint64_t number, Outcome outcome) {
  const auto found = contents_.generations.find(number);
  if (found == contents_.generations.end() || found->second.outcome == outcome) return {};
  Manifest manifest = found->second;
  manifest.outcome = outcome;
  TRY(write_manifest(manifest));
  found->second = std::move(manifest);
  return {};
}

void Store::drop_reference(const std::string& digest) {
  const auto found = references_.find(digest);
  if (found == references_.end() || --found->second > 0) return;
  references_.erase(found);
  // One that stays is a leftover that the next open() removes.
  (void)files_->remove(object_path(digest));
}

void Store::keep_only(std::uint64_t count, std::uint64_t spared) {
  auto& generations = contents_.generations;
  for (auto each = generations.begin(); generations.size() > count && each != generations.end();) {
    const bool latest = std::next(each) == generations.end();
    if (latest) return;
    if (each->first == spared) {
      ++each;
      continue;
    }
    // The manifest first: without its texts it would be no generation.
    const auto named = listing(each->second);
    if (!files_->remove(manifest_path(each->first))) return;
    drop_reference(each->second.hash);
    if (named) each_piece(*named, [this](const Piece& piece) { drop_reference(piece.digest); });
    each = generations.erase(each);
  }
}

}  // namespace berth::generation
