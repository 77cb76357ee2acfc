// Writing what an import has made: whole, or not at all.
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/import/import.h"

namespace berth::importing {

// Below `directory`, which is made where it is missing, as is what lies between. Nothing that is
// there is written over without `force`: then the error names the first such file. Each file is
// written beside its place and moved there when all of them are; a failure on the way moves back
// what was moved. Killed in between, it may leave some of the files, each of them whole.
Result<void> write_files(const std::string& directory, const std::vector<OutputFile>& files,
                         bool force);

}  // namespace berth::importing
