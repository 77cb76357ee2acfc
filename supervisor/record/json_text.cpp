#include "supervisor/record/json_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "supervisor/model/values.h"

namespace berth::record {

std::string quoted(std::string_view text) {
  using Json = nlohmann::json;
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void JsonText::begin(char bracket) {
  if (comma_) text_ += ',';
  text_ += bracket;
  comma_ = false;
}

void JsonText::end(char bracket) {
  text_ += bracket;
  comma_ = true;
}

void JsonText::raw(std::string_view value) {
  if (comma_) text_ += ',';
  text_ += value;
  comma_ = true;
}

// Most texts need no escapes; the others are the library's.
void JsonText::write_quoted(std::string_view value) {
  const bool plain = std::ranges::all_of(
      value, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!plain) {
    text_ += quoted(value);
    return;
  }
  text_ += '"';
  text_ += value;
  text_ += '"';
}

void JsonText::key(std::string_view name) {
  if (comma_) text_ += ',';
  write_quoted(name);
  text_ += ':';
  comma_ = false;
}

void JsonText::text(std::string_view value) {
  if (comma_) text_ += ',';
  write_quoted(value);
  comma_ = true;
}

void JsonText::number(double value) { raw(format_value(value)); }

}  // namespace berth::record
