#include "supervisor/runtime/env_file.h"

#include <algorithm>

namespace berth::runtime {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::none_of(name, [](char c) {
    return c == ' ' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& path) : rest_(text), path_(path) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  Result<std::map<std::string, std::string>> read() {
    if (rest_.find('\0') != std::string_view::npos) return fail(path_ + ": it is not a text");
    while (!rest_.empty()) {
      ++line_;
      begin_ = line_;
      TRY(read_line());
    }
    return std::move(variables_);
  }

 private:
  Result<void> read_line() {
    const std::string_view line = trim(take_line());
    if (line.empty() || line.starts_with('#')) return {};
    const std::size_t sign = line.find('=');
    if (sign == std::string_view::npos) {
      return wrong("NAME=value is meant; nothing is taken from berthd's own environment");
    }
    std::string_view name = trim(line.substr(0, sign));
    if (name.starts_with("export ")) name = trim(name.substr(7));
    if (!is_name(name)) return wrong("what stands before \"=\" is not a variable's name");
    variables_[std::string(name)] = TRY(read_value(trim(line.substr(sign + 1))));
    return {};
  }

  Result<std::string> read_value(std::string_view value) {
    if (value.starts_with('"') || value.starts_with('\'')) return read_quoted(value);
    for (std::size_t at = 0; at < value.size(); ++at) {
      if (value[at] != '#' || (at > 0 && kBlanks.find(value[at - 1]) == std::string_view::npos)) {
        continue;
      }
      return std::string(trim(value.substr(0, at)));
    }
    return std::string(value);
  }

  Result<std::string> read_quoted(std::string_view value) {
    const char quote = value.front();
    value.remove_prefix(1);
    std::string text;
    for (;;) {
      for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] == quote) {
          const std::string_view behind = trim(value.substr(at + 1));
          if (behind.empty() || behind.starts_with('#')) return text;
          return wrong("something stands behind the closing quote");
        }
        const bool escape = quote == '"' && value[at] == '\\' && at + 1 < value.size();
        text += escape ? unescaped(value[++at]) : value[at];
      }
      if (rest_.empty()) return wrong("the closing quote is missing");
      text += '\n';
      ++line_;
      value = take_line();
      if (value.ends_with('\r')) value.remove_suffix(1);
    }
  }

  std::string_view take_line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    return line;
  }

  // Never the line itself: what is in the file may be secret.
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(path_ + ":" + std::to_string(begin_) + ": " + what);
  }

  std::string_view rest_;
  const std::string& path_;
  unsigned line_ = 0;
  unsigned begin_ = 0;  // the line that the entry began on
  std::map<std::string, std::string> variables_;
};

}  // namespace

Result<std::map<std::string, std::string>> parse_env_file(std::string_view text,
                                                          const std::string& path) {
  return Reader(text, path).read();
}

}  // namespace berth::runtime
