// Copying and removing directory trees by descriptor, for the launcher: no link is followed, no
// mount is crossed, whatever is done to the tree meanwhile. 0 or the errno.
#pragma once

namespace berth::runtime {

// The content of directory `from` into directory `to`, which is made when it is missing. Deeper
// than kMaxCopyDepth is ELOOP. When `from` is a file or link, it alone is copied; `to` has the
// same name.
inline constexpr int kMaxCopyDepth = 64;
int copy_tree(const char* from, const char* to) noexcept;

// `path` and everything below it, however deep. EXDEV: something is mounted inside, and is left.
int remove_tree(const char* path) noexcept;

}  // namespace berth::runtime
