#include "supervisor/control/nearest.h"

#include <algorithm>
#include <array>

namespace berth::control {

namespace {

constexpr std::size_t kLengthMax = 64;

// Optimal string alignment distance; both words are at most kLengthMax long.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLengthMax + 1>, kLengthMax + 1> cost{};
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::span<const std::string> known, std::string_view word) {
  if (word.size() > kLengthMax) return std::nullopt;
  const std::size_t bound = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = bound + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLengthMax) continue;
    const std::size_t apart = distance(candidate, word);
    if (apart >= best_distance) continue;
    best_distance = apart;
    best = candidate;
  }
  return best;
}

}  // namespace berth::control
