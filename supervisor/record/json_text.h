// JsonText: writes JSON from front to back, without a tree in between: a state document of ten
// thousand containers is made within one turn of the daemon's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::record {

// A text as a JSON string, with its quotes; bytes that are not UTF-8 are replaced.
std::string quoted(std::string_view text);

class JsonText {
 public:
  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_list() { begin('['); }
  void end_list() { end(']'); }
  void key(std::string_view name);

  void text(std::string_view value);
  void document(std::string_view json) { raw(json); }  // JSON already
  void flag(bool value) { raw(value ? "true" : "false"); }
  void number(std::int64_t value) { raw(std::to_string(value)); }
  void number(std::uint64_t value) { raw(std::to_string(value)); }
  void number(double value);

  // What was written since a mark is taken back.
  struct Mark {
    std::size_t size;
    bool comma;
  };
  [[nodiscard]] Mark mark() const { return {text_.size(), comma_}; }
  void take_back(Mark mark) {
    text_.resize(mark.size);
    comma_ = mark.comma;
  }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  void begin(char bracket);
  void end(char bracket);
  void raw(std::string_view value);
  void write_quoted(std::string_view value);

  std::string text_;
  bool comma_ = false;  // before the next key or value
};

}  // namespace berth::record
