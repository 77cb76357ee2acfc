#include "supervisor/source/checkouts.h"

#include <array>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"

namespace berth::source {
namespace {

namespace fs = std::filesystem;

std::string checkouts(const Paths& paths) { return source_directory(paths) + "/checkouts"; }
std::string work(const Paths& paths) { return source_directory(paths) + "/work"; }

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail_errno("cannot make " + path);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno("cannot look at " + path);
  if (!S_ISDIR(status.st_mode)) return fail(path + " is not a directory");
  // Whatever the umask is.
  if (::chmod(path.c_str(), mode) != 0) return fail_errno("cannot protect " + path);
  return {};
}

Result<void> sync_directory(const std::string& path) {
  const unique_fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno("cannot open " + path);
  if (::fsync(directory.get()) != 0) return fail_errno("cannot write " + path + " to the disk");
  return {};
}

Result<void> write_file(const std::string& path, std::string_view content) {
  const unique_fd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return fail_errno("cannot make " + path);
  while (!content.empty()) {
    const ssize_t size = ::write(file.get(), content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot write " + path);
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  if (::fchmod(file.get(), 0644) != 0) return fail_errno("cannot protect " + path);
  if (::fsync(file.get()) != 0) return fail_errno("cannot write " + path + " to the disk");
  return {};
}

void remove_tree(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator each(directory, failure), end; !failure && each != end;
       each.increment(failure)) {
    names.push_back(each->path().filename().string());
  }
  return names;
}

// Fills an empty directory, and makes sure that all of it is on the disk.
Result<void> fill(const std::string& directory, const std::vector<WantedFile>& files,
                  const std::vector<std::string>& contents) {
  std::set<std::string> made{directory + "/containers", directory + "/networks"};
  for (const std::string& each : made) TRY(make_directory(each, 0755));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string path = directory + "/" + files[i].path;
    const std::string above = path.substr(0, path.rfind('/'));
    if (made.insert(above).second) TRY(make_directory(above, 0755));
    TRY(write_file(path, contents[i]));
  }
  for (const std::string& each : made) TRY(sync_directory(each));
  return sync_directory(directory);
}

}  // namespace

std::string source_directory(const Paths& paths) { return paths.state() + "/source"; }
std::string current_link(const Paths& paths) { return source_directory(paths) + "/current"; }
std::string status_file(const Paths& paths) { return source_directory(paths) + "/status.json"; }
std::string checkout_directory(const Paths& paths, const std::string& name) {
  return checkouts(paths) + "/" + name;
}

Result<unique_fd> take_lock(const Paths& paths, Instant deadline) {
  struct stat status{};
  if (::stat(paths.state().c_str(), &status) != 0) {
    std::error_code failure;
    fs::create_directories(paths.state(), failure);
    if (failure) return fail("cannot make " + paths.state() + ": " + failure.message());
    TRY(make_directory(paths.state(), 0700));
  }
  TRY(make_directory(source_directory(paths), 0755));
  TRY(make_directory(checkouts(paths), 0755));
  const std::string path = source_directory(paths) + "/lock";
  unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno("cannot open " + path);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno("cannot lock " + path);
    if (BootClock::now() >= deadline) return unique_fd();
    ::poll(nullptr, 0, 50);
  }
  return file;
}

SourceStatus read_status(const Paths& paths) {
  const auto text = read_small_file(status_file(paths));
  if (!text) return {};
  auto status = parse_status(*text);
  if (!status) return {};
  const bool in_force = status->checkout && current_checkout(paths) == status->checkout->directory;
  if (!in_force) status->checkout.reset();
  return std::move(*status);
}

Result<void> write_status(const Paths& paths, const SourceStatus& status) {
  const std::string beside = status_file(paths) + ".new";
  ::unlink(beside.c_str());
  TRY(write_file(beside, status_document(status)));
  if (::rename(beside.c_str(), status_file(paths).c_str()) != 0) {
    return fail_errno("cannot rename " + beside);
  }
  return sync_directory(source_directory(paths));
}

Result<std::string> make_work(const Paths& paths, const std::vector<std::string>& names, Ids ids) {
  remove_work(paths);
  TRY(make_directory(work(paths), 0700));
  for (const std::string& name : names) {
    const std::string path = work(paths) + "/" + name;
    TRY(make_directory(path, 0700));
    if (name == "root") continue;
    if (::chown(path.c_str(), ids.uid, ids.gid) != 0) return fail_errno("cannot hand over " + path);
  }
  return work(paths);
}

void remove_work(const Paths& paths) { remove_tree(work(paths)); }

Result<std::string> write_checkout(const Paths& paths, const std::string& commit,
                                   const std::vector<WantedFile>& files,
                                   const std::vector<std::string>& contents) {
  const std::optional<std::string> current = current_checkout(paths);
  // The same commit, taken with other settings, must not change under its readers.
  const std::string name = current == commit ? commit + ".2" : commit;
  const std::string beside = checkouts(paths) + "/.new";
  remove_tree(beside);
  TRY(make_directory(beside, 0755));
  TRY(fill(beside, files, contents));
  const std::string place = checkout_directory(paths, name);
  remove_tree(place);
  if (::rename(beside.c_str(), place.c_str()) != 0) return fail_errno("cannot rename " + beside);
  TRY(sync_directory(checkouts(paths)));
  return name;
}

void remove_checkout(const Paths& paths, const std::string& name) {
  if (current_checkout(paths) != name) remove_tree(checkout_directory(paths, name));
}

std::optional<std::string> current_checkout(const Paths& paths) {
  constexpr std::string_view kBefore = "checkouts/";
  std::array<char, 256> target{};
  const ssize_t size = ::readlink(current_link(paths).c_str(), target.data(), target.size());
  if (size <= 0 || static_cast<std::size_t>(size) == target.size()) return std::nullopt;
  const std::string_view text(target.data(), static_cast<std::size_t>(size));
  if (!text.starts_with(kBefore)) return std::nullopt;
  const std::string name(text.substr(kBefore.size()));
  struct stat status{};
  if (::stat(checkout_directory(paths, name).c_str(), &status) != 0) return std::nullopt;
  return name;
}

Result<void> swap_checkout(const Paths& paths, const std::string& name) {
  const std::optional<std::string> before = current_checkout(paths);
  const std::string beside = current_link(paths) + ".new";
  ::unlink(beside.c_str());
  if (::symlink(("checkouts/" + name).c_str(), beside.c_str()) != 0) {
    return fail_errno("cannot make " + beside);
  }
  if (::rename(beside.c_str(), current_link(paths).c_str()) != 0) {
    return fail_errno("cannot rename " + beside);
  }
  TRY(sync_directory(source_directory(paths)));
  for (const std::string& other : names_in(checkouts(paths))) {
    if (other != name && other != before) remove_tree(checkout_directory(paths, other));
  }
  return {};
}

}  // namespace berth::source
