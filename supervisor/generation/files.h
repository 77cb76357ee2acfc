// Files: the file operations that the store is made of, one function each, in the order in which
// it asks for them. Tests put a disk of their own in its place, whose power can be cut.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::generation {

class Files {
 public:
  virtual ~Files() = default;
  // A new file with this content (0600), not yet safe from a power cut. One that is there is
  // replaced.
  virtual Result<void> write(const std::string& path, std::string_view content) = 0;
  virtual Result<void> sync(const std::string& path) = 0;  // a file's content, a directory's names
  virtual Result<void> sync_all(const std::string& directory) = 0;  // its whole file system
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;          // one that is not there: well
  virtual Result<void> make_directory(const std::string& path) = 0;  // 0700; one that is: well
};

// On the kernel: open(2), fsync(2), syncfs(2), rename(2), unlink(2), mkdir(2).
class DiskFiles final : public Files {
 public:
  Result<void> write(const std::string& path, std::string_view content) override;
  Result<void> sync(const std::string& path) override;
  Result<void> sync_all(const std::string& directory) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directory(const std::string& path) override;
};

}  // namespace berth::generation
