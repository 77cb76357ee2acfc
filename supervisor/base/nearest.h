// The nearest of some known words, for "did you mean".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace berth {

// The candidate with the least edit distance (a swap of neighbours counts once), or the first that
// begins with the word; empty when none is near enough to be meant. A view into `candidates`.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);
std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace berth
