// The commit that a directory of definitions is at, read from git's own files without running git.
#pragma once

#include <string>

#include "supervisor/model/paths.h"

namespace berth::generation {

// 40 (or 64) hexadecimal digits; "" when the directory with the definitions is in no git work
// tree, or what is in .git cannot be understood. A work tree is looked for upwards from the
// directory, symlinks resolved, up to the instance's root. Only small regular files are read.
// Where definitions come from `berth sync`, its checkout's commit.
std::string commit_of(const Paths& paths);
// The same from one directory, without `berth sync`; `top` is the last one looked at.
std::string work_tree_commit(const std::string& directory, const std::string& top);

}  // namespace berth::generation
