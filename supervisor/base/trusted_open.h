// Finding a file without trusting the way to it: nothing here blocks on a FIFO, opens a device, or
// follows a link that somebody else than root could have made.
#pragma once

#include <string>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth {

// What a way led to.
struct Found {
  unique_fd fd;       // O_PATH
  bool away = false;  // an absolute symlink was on the way
};

// What `path` leads to from the directory `root`.
//
// When `trusted`, every directory on the way from `root` on, every symlink, and what is found
// must belong to root and not be writable by others; below an absolute symlink that leads away,
// so must everything from "/" on, but for sticky directories such as /tmp, in which nobody can
// rename what belongs to root. The directories above `root` are not looked at.
Result<Found> open_path(const std::string& root, const std::string& path, bool trusted);
// What an absolute path leads to, trusted in this way from "/" on.
Result<Found> open_trusted(const std::string& path);
// As open_path, from a directory that was found.
Result<Found> open_below(const Found& directory, const std::string& path, bool trusted);

// The content of the regular file behind such a descriptor. One larger than `most` is an error.
Result<std::string> read_regular(const unique_fd& path, std::size_t most);

}  // namespace berth
