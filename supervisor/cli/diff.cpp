// berth diff: what two generations of definitions differ in.
#include <nlohmann/json.hpp>

#include "supervisor/cli/command.h"
#include "supervisor/cli/generations.h"
#include "supervisor/generation/compare.h"

namespace berth::cli {

namespace {

using generation::Change;
using generation::Comparison;
using generation::DefinitionChange;
using Json = nlohmann::ordered_json;

std::string mark_of(Change change, const Terminal& terminal) {
  switch (change) {
    case Change::added: return terminal.paint(Colour::green, "+");
    case Change::removed: return terminal.paint(Colour::red, "-");
    case Change::changed: break;
  }
  return terminal.paint(Colour::yellow, "~");
}

std::string value_text(const std::string& value) { return value.empty() ? "unset" : value; }

std::string lines_of(const DefinitionChange& each, const std::string& kind,
                     const Terminal& terminal) {
  std::string text = mark_of(each.change, terminal) + " " + kind + each.name + "\n";
  if (!each.trouble.empty()) text += "    " + escaped(each.trouble) + "\n";
  for (const KeyChange& key : each.keys) {
    text += "    " +
            escaped(key.key + ": " + value_text(key.before) + " -> " + value_text(key.after)) +
            "  " + terminal.paint(Colour::dim, name_of(key.cost)) + "\n";
  }
  const bool silent = each.change == Change::changed && each.keys.empty();
  if (silent && each.trouble.empty()) text += "    only in comments or layout\n";
  return text;
}

std::string text_of(const Comparison& comparison, const Terminal& terminal) {
  std::string text;
  for (const auto& each : comparison.containers) text += lines_of(each, "", terminal);
  for (const auto& each : comparison.networks) text += lines_of(each, "network ", terminal);
  if (comparison.host) text += mark_of(Change::changed, terminal) + " berthd.toml\n";
  return text.empty() ? "no difference\n" : text;
}

Json json_of(const std::vector<DefinitionChange>& changes) {
  Json array = Json::array();
  for (const DefinitionChange& each : changes) {
    Json keys = Json::array();
    for (const KeyChange& key : each.keys) {
      keys.push_back({{"key", key.key},
                      {"before", key.before},
                      {"after", key.after},
                      {"cost", name_of(key.cost)}});
    }
    array.push_back({{"name", each.name},
                     {"change", name_of(each.change)},
                     {"keys", std::move(keys)},
                     {"error", each.trouble}});
  }
  return array;
}

class Diff : public Command {
 public:
  void declare(Options& options) override {
    options.argument("A", before_, true, "a generation (berth history)");
    options.argument("B", after_, false, "another; without it the one in force");
    options.flag("--text", text_, "the files' lines, as diff -u shows them");
    options.output(json_);
    options.footer(
        "Shows what is different in B: containers and networks that were added, changed, removed,\n"
        "each changed key with its old and new value, and what the change costs a running\n"
        "container. Needs no running berthd, but root.");
  }

  Result<int> run(const Context& context) override {
    const std::uint64_t from = TRY(parse_generation(before_));
    const auto contents = TRY(read_generations(context.paths));
    std::uint64_t to = 0;
    if (!after_.empty()) {
      to = TRY(parse_generation(after_));
    } else if (!contents.generations.empty()) {
      to = contents.generations.rbegin()->first;
    }
    const generation::Archive archive(generation::directory_of(context.paths));
    const auto before = TRY(listing_of(archive, contents, from));
    const auto after = TRY(listing_of(archive, contents, to));
    if (json_) return print_json(archive, before, after, from, to);
    print(text_ ? escaped_lines(TRY(generation::text_diffs(archive, before, after)))
                : text_of(generation::compare(archive, before, after), context.out));
    return kDone;
  }

 private:
  static Result<generation::Listing> listing_of(const generation::Archive& archive,
                                                const generation::Archive::Contents& contents,
                                                std::uint64_t number) {
    const auto found = contents.generations.find(number);
    if (found != contents.generations.end()) return archive.listing(found->second);
    return fail("there is no generation " + std::to_string(number) +
                " (berth history shows those that are kept)");
  }

  // A definition file may hold anything; the terminal gets lines and tabs of it.
  static std::string escaped_lines(const std::string& text) {
    std::string lines;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      lines +=
          escaped(std::string_view(text).substr(begin, end - begin), /*keep_tabs=*/true) + "\n";
      begin = end + 1;
    }
    return lines;
  }

  [[nodiscard]] Result<int> print_json(const generation::Archive& archive,
                                       const generation::Listing& before,
                                       const generation::Listing& after, std::uint64_t from,
                                       std::uint64_t to) const {
    const Comparison comparison = generation::compare(archive, before, after);
    Json document{{"from", from},
                  {"to", to},
                  {"containers", json_of(comparison.containers)},
                  {"networks", json_of(comparison.networks)},
                  {"host_changed", comparison.host}};
    if (text_) document["text"] = TRY(generation::text_diffs(archive, before, after));
    print(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return kDone;
  }

  std::string before_;
  std::string after_;
  bool text_ = false;
  bool json_ = false;
};

}  // namespace

CommandPtr make_diff() { return std::make_unique<Diff>(); }

}  // namespace berth::cli
