// Small files, whole: for /proc, /sys, and files of our own. Not for an operator's paths, which may
// hang or have no end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "supervisor/base/result.h"

namespace berth {

// The content of a file; one larger than `most` bytes is an error (EFBIG).
Result<std::string> read_small_file(const std::string& path, std::size_t most = 1 << 20);

// What is in a directory of our own, without its path. Empty where there is no such directory.
Result<std::vector<std::string>> names_in(const std::string& directory);

// Writes into the file as it is, so that whoever has it bound or open sees the new content. Made
// with `mode` when it is missing. Never through a symbolic link.
Result<void> write_in_place(const std::string& path, std::string_view content, mode_t mode);

}  // namespace berth
