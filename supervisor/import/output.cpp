#include "supervisor/import/output.h"

#include <filesystem>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/base/unique_fd.h"

namespace berth::importing {

namespace {

namespace fs = std::filesystem;

// A file on its way: beside its place under a name that no reader of definitions takes, and then,
// by one rename, in it. What was there before is kept until all files are in their places.
struct Moving {
  std::string place;
  std::string aside;
  bool moved = false;
  bool replaced = false;  // `aside` has what was there before
};

class Writer {
 public:
  Writer(std::string directory, bool force) : directory_(std::move(directory)), force_(force) {}
  ~Writer() {
    for (const Moving& file : files_) ::unlink(file.aside.c_str());
    // Only what is empty goes, and only what was made here.
    for (auto made = made_.rbegin(); made != made_.rend() && !done_; ++made) {
      ::rmdir(made->c_str());
    }
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<void> write_aside(const OutputFile& file) {
    const std::string place = directory_ + "/" + file.path;
    std::error_code ignored;
    if (!force_ && fs::exists(fs::symlink_status(place, ignored))) {
      return fail(place + " is there already; --force writes over it");
    }
    const size_t slash = place.rfind('/');
    TRY(make_directories(place.substr(0, slash)));
    const std::string aside = place.substr(0, slash) + "/.berth-import-" +
                              std::to_string(::getpid()) + "-" + place.substr(slash + 1);
    ::unlink(aside.c_str());
    files_.push_back(Moving{place, aside});
    TRY(write_in_place(aside, file.content, file.secret ? 0600 : 0644));
    const unique_fd written(::open(aside.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!written || ::fsync(written.get()) != 0) return fail_errno("cannot write " + aside);
    return {};
  }

  Result<void> move_all() {
    for (Moving& file : files_) {
      if (const auto moved = move(file); !moved) {
        move_back();
        return moved;
      }
    }
    done_ = true;
    return {};
  }

 private:
  // mkdir -p that remembers what it made.
  Result<void> make_directories(const std::string& path) {
    if (path.empty() || fs::is_directory(path)) return {};
    TRY(make_directories(path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/'))));
    if (::mkdir(path.c_str(), 0755) == 0) {
      made_.push_back(path);
    } else if (errno != EEXIST) {
      return fail_errno("cannot make " + path);
    }
    return {};
  }

  Result<void> move(Moving& file) {
    if (::renameat2(AT_FDCWD, file.aside.c_str(), AT_FDCWD, file.place.c_str(), RENAME_NOREPLACE) ==
        0) {
      file.moved = true;
      return {};
    }
    if (errno != EEXIST || !force_) return fail_errno("cannot write " + file.place);
    if (::renameat2(AT_FDCWD, file.aside.c_str(), AT_FDCWD, file.place.c_str(), RENAME_EXCHANGE) !=
        0) {
      return fail_errno("cannot write " + file.place);
    }
    file.moved = file.replaced = true;
    return {};
  }

  void move_back() {
    for (const Moving& file : files_) {
      if (!file.moved) continue;
      if (file.replaced) {
        ::renameat2(AT_FDCWD, file.aside.c_str(), AT_FDCWD, file.place.c_str(), RENAME_EXCHANGE);
      } else {
        ::unlink(file.place.c_str());
      }
    }
  }

  std::string directory_;
  bool force_;
  bool done_ = false;
  std::vector<Moving> files_;
  std::vector<std::string> made_;
};

}  // namespace

Result<void> write_files(const std::string& directory, const std::vector<OutputFile>& files,
                         bool force) {
  Writer writer(directory, force);
  for (const OutputFile& file : files) TRY(writer.write_aside(file));
  return writer.move_all();
}

}  // namespace berth::importing
