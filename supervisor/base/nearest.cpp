#include "supervisor/base/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace berth {

namespace {

constexpr std::size_t kWordBytesMost = 64;  // longer ones are no slip of anybody's

// Insertions, deletions, replacements, and two neighbours that changed places, each counting one.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> older;
  std::vector<std::size_t> old(right.size() + 1);
  std::iota(old.begin(), old.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::vector<std::size_t> row{i};
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = left[i - 1] == right[j - 1];
      std::size_t least = std::min({old[j - 1] + (same ? 0 : 1), old[j] + 1, row[j - 1] + 1});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) least = std::min(least, older[j - 2] + 1);
      row.push_back(least);
    }
    older = std::exchange(old, std::move(row));
  }
  return old.back();
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > kWordBytesMost) return {};
  std::string_view best;
  std::size_t least = word.size() / 3 + 2;  // farther than this is another word, not a slip
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  const auto begun = std::ranges::find_if(candidates, [&](std::string_view candidate) {
    return word.size() >= 3 && candidate.starts_with(word);
  });
  if (best.empty() && begun != candidates.end()) best = *begun;
  return best;
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates) {
  return nearest(word, std::vector<std::string_view>(candidates.begin(), candidates.end()));
}

}  // namespace berth
