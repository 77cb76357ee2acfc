#include "supervisor/daemon/log.h"

#include <memory>

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

namespace berth::daemon::log {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "berthd", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// A value is quoted when it holds a space, and never breaks the line.
std::string quoted(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"\n\r\t=") == std::string::npos) return value;
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? '|' : (static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return text + "\"";
}

}  // namespace

void set_level(std::string_view name) {
  if (name == "debug") logger().set_level(spdlog::level::debug);
  if (name == "info") logger().set_level(spdlog::level::info);
  if (name == "warning") logger().set_level(spdlog::level::warn);
  if (name == "error") logger().set_level(spdlog::level::err);
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  std::string line(message);
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += quoted(field.value);
  }
  logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace berth::daemon::log
