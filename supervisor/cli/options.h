// Options: what a command takes on its command line. A thin cover of the parser's library, which
// only options.cpp includes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"

namespace CLI {
class App;
}

namespace berth::cli {

// Values are written when the command line is parsed; they must outlive that. Every function
// takes the names ("-q,--quiet", for a positional argument "NAME") and one line of help.
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  void flag(const std::string& names, bool& value, const std::string& help);
  void option(const std::string& names, std::string& value, const std::string& help);
  void option(const std::string& names, std::optional<std::int64_t>& value,
              const std::string& help);
  void option(const std::string& names, std::optional<Duration>& value, const std::string& help);
  // May be given more than once.
  void option(const std::string& names, std::vector<std::string>& values, const std::string& help);
  // One of a few words.
  void choice(const std::string& names, std::string& value, std::vector<std::string> words,
              const std::string& help);
  // "-o, --output": "json" sets `json`, "text" clears it.
  void output(bool& json);

  void argument(const std::string& name, std::string& value, bool required,
                const std::string& help);
  void arguments(const std::string& name, std::vector<std::string>& values,
                 const std::string& help);

  // Printed after the command's help: exit codes, examples.
  void footer(const std::string& text);

 private:
  CLI::App& app_;
};

// A command as the parser sees it.
struct Parsed {
  int chosen = -1;  // index of the command; -1: `status` says all
  int exit_code = 0;
  std::string text;  // help, version or error, for stdout (exit_code 0) or stderr
  std::string root;  // --root, or BERTH_ROOT
};
struct Declaration {
  std::string name;
  std::string summary;
  std::function<void(Options&)> declare;
};
Parsed parse_command_line(int argc, const char* const* argv,
                          const std::vector<Declaration>& commands);

}  // namespace berth::cli
