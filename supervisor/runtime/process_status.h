// From what waitid tells to how a process ended.
#pragma once

#include "supervisor/model/status.h"

namespace berth::runtime {

// si_code and si_status.
ExitStatus to_status(int code, int status);

}  // namespace berth::runtime
