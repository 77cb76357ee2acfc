// Whether the loader takes what an import has made: the code that berthd runs, on the files as they
// will be written.
#pragma once

#include <string>
#include <vector>

#include "supervisor/import/import.h"

namespace berth::importing {

struct Checked {
  std::vector<Diagnostic> refused;   // what the loader refuses, in the produced files
  std::vector<std::string> not_yet;  // keys that it knows by name, but does not support yet
};
Checked check_produced(const std::vector<OutputFile>& files);

}  // namespace berth::importing
