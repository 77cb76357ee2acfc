#include "supervisor/definition/toml_bounds.h"

#include <algorithm>

namespace berth::definition {

namespace {

// Of what stands outside of quotes without a space. toml++ takes 0.07 s for a word of 1 MiB.
constexpr size_t kWordBytesMost = 64u << 10;

class Bounds {
 public:
  Bounds(std::string_view text, Report& report) : text_(text), report_(report) {}

  bool check() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        word_bytes_ = blank ? 0 : word_bytes_ + 1;
        structure(c);
        ++at_;
      }
      if (word_bytes_ > kWordBytesMost) return refuse("this word is too long to be a key or value");
      if (levels_.size() + dots_outside_ + levels_.back() > kDepthMost + 1) {
        return refuse("values nest deeper than " + std::to_string(kDepthMost) + " levels here");
      }
      if (nodes_ > kNodesMost) {
        return refuse("there are more than " + std::to_string(kNodesMost) + " values in this file");
      }
    }
    return true;
  }

 private:
  void structure(char c) {
    switch (c) {
      case '.': ++levels_.back(); break;
      case '\n':
        ++line_;
        line_start_ = at_ + 1;
        levels_.back() = 0;
        break;
      case '=': ++nodes_; break;
      case ',':
        ++nodes_;
        levels_.back() = 0;
        break;
      case '[':
      case '{':
        ++nodes_;
        dots_outside_ += levels_.back();
        levels_.push_back(0);
        break;
      case ']':
      case '}':
        if (levels_.size() == 1) break;
        levels_.pop_back();
        dots_outside_ -= levels_.back();
        break;
      default: break;
    }
  }

  // Moves past a string. A backslash escapes only in the double-quoted kinds.
  void skip_string(char mark) {
    const std::string_view rest = text_.substr(at_);
    const bool multiline = rest.size() >= 3 && rest[1] == mark && rest[2] == mark;
    at_ += multiline ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && mark == '"') {
        ++at_;
      } else if (text_[at_] == mark) {
        if (!multiline) break;
        if (text_.substr(at_, 3) == std::string(3, mark)) {
          at_ += 2;
          // Up to two quotes of the content may stand directly before the closing three.
          for (int i = 0; i < 2 && at_ + 1 < text_.size() && text_[at_ + 1] == mark; ++i) ++at_;
          break;
        }
      }
      if (at_ < text_.size() && text_[at_] == '\n') {
        if (!multiline) return;  // malformed: toml++ stops here, so nothing after it matters
        ++line_;
        line_start_ = at_ + 1;
      }
    }
    ++at_;
  }

  bool refuse(std::string problem) {
    const size_t column = std::min(at_, text_.size()) - std::min(line_start_, at_);
    report_.error(Place{line_, static_cast<unsigned>(std::max<size_t>(column, 1))}, "",
                  std::move(problem));
    return false;
  }

  std::string_view text_;
  Report& report_;
  size_t at_ = 0;
  unsigned line_ = 1;
  size_t line_start_ = 0;
  size_t nodes_ = 0;
  size_t word_bytes_ = 0;
  // For each open bracket, and for the line itself, the dots of the key that is being written.
  std::vector<size_t> levels_{0};
  size_t dots_outside_ = 0;  // of all levels but the innermost
};

}  // namespace

bool check_toml_bounds(std::string_view content, Report& report) {
  return Bounds(content, report).check();
}

}  // namespace berth::definition
