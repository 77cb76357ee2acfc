// What the worker asks of files of the host, and what a launcher answers: one memfd that both map.
//
// The worker never touches a path that may hang; a launcher looks at the files for it
// (Op::look_at_files), one after the other, and says at which it is. When it hangs, the answers
// before that one are there, and the one that it hangs at is known. A secret's content never comes
// here: only its digest, made with a key.
//
// Layout: FilesHeader, count FileQuestions, the paths, room for contents.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::handoff {

inline constexpr std::uint32_t kFilesMagic = 0x62726669;  // "brfi"
using FilesKey = std::array<std::byte, 32>;

// A file that has the same stamp has the same content, unless it changed within the clock's grain.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds of the file system's clock
  std::int64_t changed = 0;
  bool operator==(const FileStamp&) const = default;
};

struct FileQuestion {
  std::uint32_t path = 0;     // where it begins; it ends with a NUL
  std::uint32_t wanted = 0;   // 1: the content, too
  FileStamp known;            // with this stamp the content need not be read
  std::uint64_t most = 0;     // bytes; more is EFBIG
  std::uint64_t content = 0;  // where the content goes, if it is wanted
  // The answer.
  std::uint32_t answered = 0;
  std::int32_t error = 0;    // errno; EISDIR, and EINVAL for what is no regular file
  std::uint32_t same = 0;    // the stamp is `known`: no digest
  std::uint32_t recent = 0;  // changed a moment ago, or while it was read
  FileStamp stamp;
  std::uint64_t content_size = 0;
  std::array<std::byte, 32> digest{};
};

struct FilesHeader {
  std::uint32_t magic = kFilesMagic;
  std::uint32_t count = 0;
  std::uint32_t at = 0;  // the question under way, written by the launcher
  std::uint32_t reserved = 0;
  FilesKey key{};
};

// What changed less long ago may still be being written.
inline constexpr std::int64_t kFileQuiet = 200'000'000;  // nanoseconds

// The mapped memfd. Move-only.
class FilesRequest {
 public:
  struct Ask {
    std::string path;
    FileStamp known;
    std::uint64_t most = 0;
    bool content = false;
  };
  static Result<FilesRequest> make(const std::vector<Ask>& asked, const FilesKey& key);
  // A launcher's side: EBADMSG (in the error) when it is not one.
  static Result<FilesRequest> open(int memfd);

  FilesRequest() = default;
  FilesRequest(FilesRequest&& other) noexcept { *this = std::move(other); }
  FilesRequest& operator=(FilesRequest&& other) noexcept;
  ~FilesRequest();

  [[nodiscard]] int memfd() const { return memfd_.get(); }
  [[nodiscard]] FilesHeader& header() const { return *reinterpret_cast<FilesHeader*>(begin_); }
  [[nodiscard]] std::span<FileQuestion> questions() const;
  [[nodiscard]] const char* path(const FileQuestion& question) const;
  // Where the content is, or is to be put.
  [[nodiscard]] std::span<std::byte> room(const FileQuestion& question) const;
  [[nodiscard]] std::string_view content(const FileQuestion& question) const;

 private:
  Result<void> map(int memfd, std::size_t size);
  [[nodiscard]] bool is_sound() const;

  unique_fd memfd_;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace berth::handoff
