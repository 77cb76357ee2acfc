#include "supervisor/cli/options.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "supervisor/base/nearest.h"
#include "supervisor/base/units.h"
#include "supervisor/cli/command.h"

namespace berth::cli {

namespace {

constexpr const char* kDescription =
    "berth: what runs on this host from definition files, and why.\n"
    "Definitions are files in /etc/berth/containers; berthd makes the host match them.";

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 an error, said on stderr; 2 from `plan`: there is something to do;\n"
    "64 the command line is wrong. NO_COLOR turns colours off. `berth COMMAND --help` says more.";

// What is wrong with a text that is to be a number of 0 or more; "" when nothing is.
std::string not_negative(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure == std::errc{} && stop == end && number >= 0) return "";
  return "\"" + escaped(text) + "\" is not a whole number of 0 or more";
}

// "-o json" before the command means the same as after it. False: the command takes no -o.
bool pass_output(CLI::App& command, const std::string& format) {
  CLI::Option* const output = command.get_option_no_throw("-o");
  if (output == nullptr) return false;
  if (output->count() != 0) return true;
  output->add_result(format);
  output->run_callback();
  return true;
}

// What the first word that is no command was meant to be; "" when every word has its place.
std::string unknown_command(const CLI::App& app, const std::vector<Declaration>& commands) {
  if (!app.get_subcommands().empty()) return "";
  const std::vector<std::string> left = app.remaining();
  const auto word =
      std::ranges::find_if(left, [](const std::string& text) { return !text.starts_with('-'); });
  if (word == left.end()) return "";
  std::vector<std::string> names;
  for (const Declaration& command : commands) names.push_back(command.name);
  const std::string_view near = nearest(*word, names);
  return "berth: there is no command \"" + escaped(*word) + "\"" +
         (near.empty() ? "" : " (did you mean \"" + std::string(near) + "\"?)") + "\n";
}

// The argument that is missing, with what it may be; "" when it is something else that is.
std::string missing_argument(const CLI::App& app) {
  for (const CLI::App* chosen : app.get_subcommands()) {
    for (const CLI::Option* option : chosen->get_options()) {
      if (!option->get_required() || option->count() != 0) continue;
      return "berth: " + chosen->get_name() + " needs " + option->get_name(true) + ": " +
             option->get_description() + "\nRun with --help for more information.\n";
    }
  }
  return "";
}

}  // namespace

void Options::flag(const std::string& names, bool& value, const std::string& help) {
  app_.add_flag(names, value, help);
}

void Options::option(const std::string& names, std::string& value, const std::string& help) {
  app_.add_option(names, value, help)->type_name("TEXT");
}

void Options::option(const std::string& names, std::optional<std::int64_t>& value,
                     const std::string& help) {
  app_.add_option_function<std::int64_t>(
          names, [&value](const std::int64_t& given) { value = given; }, help)
      ->type_name("N")
      ->check(CLI::Validator(not_negative, ""));
}

void Options::option(const std::string& names, std::optional<Duration>& value,
                     const std::string& help) {
  app_.add_option_function<std::string>(
          names,
          [&value, names](const std::string& given) {
            const auto parsed = parse_duration(given);
            if (!parsed) throw CLI::ValidationError(names, parsed.error().message());
            value = *parsed;
          },
          help)
      ->type_name("DURATION");
}

void Options::option(const std::string& names, std::vector<std::string>& values,
                     const std::string& help) {
  app_.add_option(names, values, help)->type_name("TEXT")->allow_extra_args(false);
}

void Options::choice(const std::string& names, std::string& value, std::vector<std::string> words,
                     const std::string& help) {
  app_.add_option(names, value, help)->type_name("")->check(CLI::IsMember(std::move(words)));
}

void Options::output(bool& json) {
  app_.add_option_function<std::string>(
          "-o,--output", [&json](const std::string& format) { json = format == "json"; },
          "text (the default), or json")
      ->type_name("")
      ->check(CLI::IsMember({"text", "json"}));
}

void Options::argument(const std::string& name, std::string& value, bool required,
                       const std::string& help) {
  auto* option = app_.add_option(name, value, help)->type_name("");
  if (required) option->required();
}

void Options::arguments(const std::string& name, std::vector<std::string>& values,
                        const std::string& help) {
  app_.add_option(name, values, help)->type_name("");
}

void Options::footer(const std::string& text) { app_.footer(text); }

Parsed parse_command_line(int argc, const char* const* argv,
                          const std::vector<Declaration>& commands) {
  Parsed parsed;
  CLI::App app(kDescription, "berth");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("berth ") + BERTH_VERSION, "print the version");
  app.set_help_flag("-h,--help", "print this help");
  app.add_option("--root", parsed.root, "everything lies below this directory (BERTH_ROOT)")
      ->type_name("DIR")
      ->envname("BERTH_ROOT");
  std::string output;
  app.add_option("-o,--output", output, "text (the default), or json")
      ->type_name("")
      ->check(CLI::IsMember({"text", "json"}));
  app.require_subcommand(1);
  app.fallthrough();
  std::vector<CLI::App*> added;
  for (const Declaration& command : commands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    Options options(*sub);
    command.declare(options);
    added.push_back(sub);
  }
  std::ostringstream out;
  std::ostringstream err;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error, out, err) == 0 ? kDone : kUsage;
    std::string text = parsed.exit_code == kDone ? "" : unknown_command(app, commands);
    if (text.empty() && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
      text = missing_argument(app);
    }
    parsed.text = text.empty() ? out.str() + err.str() : text;
    parsed.chosen = -1;
    return parsed;
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (!added[i]->parsed()) continue;
    parsed.chosen = static_cast<int>(i);
    if (!output.empty() && !pass_output(*added[i], output)) {
      return {-1, kUsage, "berth: " + commands[i].name + " takes no --output\n", ""};
    }
  }
  return parsed;
}

}  // namespace berth::cli
