// The nearest of some known words, for "did you mean". Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace berth::control {

// By edit distance, where a swap of neighbours counts once; std::nullopt when none is nearer than
// a third of the word. Words beyond 64 characters are near to nothing.
std::optional<std::string> nearest(std::span<const std::string> known, std::string_view word);

}  // namespace berth::control
