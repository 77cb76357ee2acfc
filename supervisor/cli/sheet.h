// Sheet: what is known of one thing, a line for each fact.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/cli/terminal.h"

namespace berth::cli {

// "  label: value", values below each other; a line without a value is left out. Borrows the
// terminal.
class Sheet {
 public:
  explicit Sheet(const Terminal& terminal) : terminal_(terminal) {}
  void line(std::string_view label, const std::string& value, Colour colour = Colour::plain);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const Terminal& terminal_;
  std::string text_;
};

}  // namespace berth::cli
