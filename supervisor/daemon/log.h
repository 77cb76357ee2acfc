// The daemon's own log: one line a fact, to standard error, with fields of fixed names
// (container=, action=, launch=, error=). Library folders return errors; only daemon/ logs.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace berth::daemon::log {

enum class Level { debug, info, warning, error };

struct Field {
  std::string_view name;
  std::string value;
};

// "debug", "info", "warning", "error"; anything else leaves the level as it is.
void set_level(std::string_view name);

void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace berth::daemon::log
