// The lines of an env_file, as compose reads them, but that nothing is ever interpolated.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::runtime {

// NAME=value lines; empty lines and those that begin with "#" are none; "export " may stand in
// front. A value without quotes ends at " #" or the line's end, without blanks around it. In single
// quotes it is taken as it is, in double quotes \n, \r, \t, \" and \\ mean what they do in C; both
// may go over several lines. Of a name that comes twice the last one counts. Errors begin with
// "PATH:LINE: ".
Result<std::map<std::string, std::string>> parse_env_file(std::string_view text,
                                                          const std::string& path);

}  // namespace berth::runtime
