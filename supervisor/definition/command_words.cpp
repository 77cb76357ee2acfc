#include "supervisor/definition/command_words.h"

#include <optional>

namespace berth::definition {

namespace {

constexpr std::string_view kOnlyAShellKnows = "|&;<>()$`*?[\n";
constexpr std::string_view kOnlyAtTheFront = "~#";  // of a word
constexpr std::string_view kExpandsInQuotes = "$`";

Complaint needs_shell(char c) {
  return Complaint{"the command has an unquoted " + quote(std::string_view(&c, 1)) +
                       ", and no shell will read it",
                   R"(["sh", "-c", "..."] runs a shell; quotes keep the character as it is)"};
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::expected<std::vector<std::string>, Complaint> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == ' ' || c == '\t') {
        end_word();
        continue;
      }
      const bool front = !in_word_;
      in_word_ = true;
      if (c == '\'' || c == '"') {
        if (auto complaint = quoted(c)) return std::unexpected(std::move(*complaint));
      } else if (c == '\\') {
        if (at_ == text_.size()) {
          return std::unexpected(Complaint{"the command ends in a backslash", "\\\\"});
        }
        word_ += text_[at_++];
      } else if (kOnlyAShellKnows.find(c) != std::string_view::npos ||
                 (front && kOnlyAtTheFront.find(c) != std::string_view::npos)) {
        return std::unexpected(needs_shell(c));
      } else {
        word_ += c;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  std::optional<Complaint> quoted(char mark) {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == mark) return std::nullopt;
      if (mark == '"' && kExpandsInQuotes.find(c) != std::string_view::npos) {
        return Complaint{"the command has a " + quote(std::string_view(&c, 1)) +
                             " in double quotes, and no shell will expand it",
                         "single quotes keep it as it is"};
      }
      const bool escapes = mark == '"' && c == '\\' && at_ < text_.size() &&
                           std::string_view("\"\\$`").find(text_[at_]) != std::string_view::npos;
      word_ += escapes ? text_[at_++] : c;
    }
    return Complaint{"a quote in the command is not closed", std::string(1, mark)};
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
};

}  // namespace

std::expected<std::vector<std::string>, Complaint> split_command(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);  // of a YAML block
  return Splitter(text).run();
}

}  // namespace berth::definition
