#include "supervisor/base/files.h"

#include <array>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth {

Result<std::string> read_small_file(const std::string& path, std::size_t most) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return fail_errno("cannot open " + path);
  std::string content;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot read " + path);
    if (size == 0) return content;
    if (content.size() + static_cast<std::size_t>(size) > most) {
      return fail_errno("cannot read " + path, EFBIG);
    }
    content.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

// The iterator's range would throw at an entry that cannot be read.
Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entry(directory, failure);
  if (failure.value() == ENOENT) return names;
  for (const std::filesystem::directory_iterator end; !failure && entry != end;
       entry.increment(failure)) {
    names.push_back(entry->path().filename().string());
  }
  if (failure) return fail_errno("cannot read " + directory, failure.value());
  return names;
}

Result<void> write_in_place(const std::string& path, std::string_view content, mode_t mode) {
  const unique_fd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode));
  if (!file) return fail_errno("cannot open " + path);
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t size = ::pwrite(file.get(), content.data() + written, content.size() - written,
                                  static_cast<off_t>(written));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot write " + path);
    written += static_cast<std::size_t>(size);
  }
  // After the writing, so that a reader never sees the file empty.
  if (::ftruncate(file.get(), static_cast<off_t>(content.size())) != 0) {
    return fail_errno("cannot write " + path);
  }
  return {};
}

}  // namespace berth
