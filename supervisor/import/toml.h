// Values as they will stand in a definition file, and their writing in TOML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace berth::importing {

struct Toml;
using TomlList = std::vector<Toml>;
using TomlTable = std::vector<std::pair<std::string, Toml>>;  // in the order of writing

struct Toml {
  std::variant<bool, std::int64_t, double, std::string, TomlList, TomlTable> data;

  Toml() : data(std::string()) {}
  Toml(bool flag) : data(flag) {}
  Toml(std::int64_t number) : data(number) {}
  Toml(double number) : data(number) {}
  Toml(std::string text) : data(std::move(text)) {}
  Toml(const char* text) : data(std::string(text)) {}
  Toml(TomlList list) : data(std::move(list)) {}
  Toml(TomlTable table) : data(std::move(table)) {}
  Toml(const std::vector<std::string>& words);

  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&data);
  }
  template <class T>
  T* get() {
    return std::get_if<T>(&data);
  }
  bool operator==(const Toml&) const = default;
};

// A key as it must be written: bare where it can be.
std::string toml_key(std::string_view key);

// The value on one line; texts of several lines are escaped.
std::string toml_inline(const Toml& value);

// The value behind a "key = " of so many columns: on one line where that is readable, else one
// item a line, and texts of several lines as they are.
std::string toml_value(const Toml& value, std::size_t columns_before);

}  // namespace berth::importing
