// Diagnostics as SARIF 2.1.0, which forges show as annotations of the lines of a change:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/diagnostic.h"

namespace berth::cli {

// One run of the tool "berth". Each key that has a problem is a rule, which says what the key
// means; paths stay as they are, so they are relative to where the tool was run. Pure.
std::string sarif_document(const std::vector<Diagnostic>& problems);

}  // namespace berth::cli
