// Time zones from the host's database: TZif files (RFC 8536) below /usr/share/zoneinfo, and
// /etc/localtime.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/time_zone.h"

namespace berth {

// The content of a TZif file of version 1 to 4. Damaged and hostile bytes are an error.
Result<ZoneRules> parse_zone_file(std::string_view bytes);

// Whether a text has the form of a name of the database: letters, digits, "-", "_", "+" and "/"
// between them; so nothing outside of the database can be named. Reads nothing.
bool is_zone_name(std::string_view text);

// "Europe/Berlin"; "UTC" without any file. Names are told apart by case. The error is a sentence:
// `there is no time zone "Europe/Berln"`.
Result<ZoneRules> load_zone(const std::string& name);

// Of /etc/localtime; UTC when there is none.
Result<ZoneRules> load_local_zone();

}  // namespace berth
