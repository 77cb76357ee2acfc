// Differences between two texts, as people read them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace berth::generation {

// A unified diff with three lines of context, as diff -u writes it; "" when they are the same. An
// empty name stands for a file that is not there ("/dev/null"). Texts that differ in more than
// 2,000 lines are shown as one replaced by the other.
std::string unified_diff(const std::string& before_name, std::string_view before,
                         const std::string& after_name, std::string_view after);

}  // namespace berth::generation
