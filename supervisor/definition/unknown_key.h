// What to say about a key that no table knows: the key that was most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace berth::definition {

// `section` is where it was written: "limits.", or "" at the top of a file or of a list's item.
// `names` are all names of the table, dotted from there.
std::string remedy_for_unknown_key(std::string_view key, std::string_view section,
                                   const std::vector<std::string_view>& names, bool is_list_item);

}  // namespace berth::definition
