#include "supervisor/cli/sheet.h"

#include <algorithm>

namespace berth::cli {

void Sheet::line(std::string_view label, const std::string& value, Colour colour) {
  if (value.empty()) return;
  constexpr std::size_t kWidth = 14;
  text_ += std::string(kWidth - std::min(kWidth, label.size() + 1), ' ');
  text_ += terminal_.paint(Colour::dim, std::string(label) + ":") + " ";
  text_ += terminal_.paint(colour, escaped(value)) + "\n";
}

}  // namespace berth::cli
