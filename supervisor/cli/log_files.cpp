#include "supervisor/cli/log_files.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace berth::cli {

namespace {

constexpr std::size_t kBlock = 64 << 10;
// A line that is longer is not of our making; its beginning is given up.
constexpr std::size_t kLineMax = 1 << 20;

// The number of a rotated file's name: 0 for NAME.log, 3 for NAME.log.3.
std::optional<unsigned> number_of(std::string_view file, const std::string& base) {
  if (!file.starts_with(base)) return std::nullopt;
  file.remove_prefix(base.size());
  if (file.empty()) return 0;
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(file.begin() + 1, file.end(), number);
  if (file.front() != '.' || failure != std::errc{} || end != file.end()) return std::nullopt;
  return number;
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string block(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        ::pread(fd, block.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("cannot read a log file");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  block.resize(filled);
  return block;
}

}  // namespace

Result<std::vector<LogFile>> open_log_files(const std::string& directory, const std::string& name) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing) return fail_errno("cannot open " + directory);
  std::vector<std::pair<unsigned, std::string>> names;
  const std::string base = name + ".log";
  while (const dirent* entry = ::readdir(listing.get())) {
    const auto number = number_of(entry->d_name, base);
    if (number) names.emplace_back(*number, entry->d_name);
  }
  std::ranges::sort(names, std::greater());
  std::vector<LogFile> files;
  for (const auto& [number, file] : names) {
    unique_fd fd(::openat(::dirfd(listing.get()), file.c_str(),
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat facts{};
    if (!fd && errno == ENOENT) continue;  // it was rotated away meanwhile
    if (!fd || ::fstat(fd.get(), &facts) < 0)
      return fail_errno("cannot open " + directory + "/" + file);
    if (!S_ISREG(facts.st_mode)) return fail(directory + "/" + file + " is not a regular file");
    // A file that was renamed while we listed is met twice.
    if (std::ranges::find(files, facts.st_ino, &LogFile::inode) != files.end()) continue;
    files.push_back(LogFile{std::move(fd), facts.st_ino});
  }
  return files;
}

Result<Tail> find_tail(int fd, std::uint64_t count,
                       const std::function<bool(std::string_view line)>& counts) {
  struct stat facts{};
  if (::fstat(fd, &facts) < 0) return fail_errno("cannot look at a log file");
  Tail tail;
  auto position = static_cast<std::uint64_t>(facts.st_size);
  tail.offset = position;
  if (count == 0) return tail;
  std::string text;  // from `position` on, up to the beginning of the line counted last
  while (position > 0) {
    const std::size_t size = std::min<std::uint64_t>(kBlock, position);
    position -= size;
    text.insert(0, TRY(read_at(fd, position, size)));
    while (true) {
      // The last line in `text` that is whole at its beginning.
      const std::string_view body =
          std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1);
      const std::size_t newline = body.rfind('\n');
      if (newline == std::string_view::npos && position > 0) break;
      const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
      if (text.empty()) break;
      if (counts(body.substr(begin))) {
        tail.offset = position + begin;
        if (++tail.lines == count) return tail;
      }
      text.resize(begin);
    }
    if (text.size() > kLineMax) text.clear();
  }
  if (tail.lines < count) tail.offset = 0;
  return tail;
}

Result<void> LineReader::read(const std::function<void(std::string_view line)>& use) {
  while (true) {
    const std::string block = TRY(read_at(fd_, offset_, kBlock));
    if (block.empty()) return {};
    offset_ += block.size();
    rest_ += block;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      use(std::string_view(rest_).substr(begin, end - begin));
    }
    rest_.erase(0, begin);
    if (rest_.size() > kLineMax) rest_.clear();
  }
}

}  // namespace berth::cli
