// What is at the other end of stdout, and how text is made fit for it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace berth::cli {

enum class Colour { plain, bold, dim, red, green, yellow };

struct Terminal {
  bool is_terminal = false;
  bool colours = false;   // a terminal, and neither NO_COLOR nor TERM=dumb
  std::size_t width = 0;  // in columns; 0: no limit

  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
};
// Of a descriptor, by isatty(3), TIOCGWINSZ and the environment.
Terminal terminal_of(int fd);

// Writes to stdout, and says when that fails (a full disk; a closed pipe ends us by SIGPIPE).
void print(std::string_view text);
// To stderr.
void complain(std::string_view text);

// Control characters (C0, DEL, C1 as UTF-8) as \n, \t or \x1b; so that no text of a container, a
// file or a peer moves the cursor. With `keep_tabs`, tabs stay.
std::string escaped(std::string_view text, bool keep_tabs = false);

// Columns that a text takes: one for each code point.
std::size_t columns_of(std::string_view text);
// Cut to so many columns, the last one an ellipsis; 0: no limit.
std::string cut(std::string_view text, std::size_t columns);

}  // namespace berth::cli
