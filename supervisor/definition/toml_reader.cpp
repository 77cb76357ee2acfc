// TOML through toml++, linked as a library: the header-only build aborts on some malformed input.
#define TOML_HEADER_ONLY 0
#include <algorithm>

#include <toml++/toml.h>

#include "supervisor/definition/reader.h"
#include "supervisor/definition/toml_bounds.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

Place place_from(const toml::source_region& region) {
  return Place{region.begin.line, region.begin.column};
}

class Converter {
 public:
  explicit Converter(Report& report) : report_(report) {}

  // Depth and number of nodes were bounded before the text was parsed.
  Value convert(const toml::node& node) {
    Value value{{}, place_from(node.source())};
    if (const auto* table = node.as_table()) {
      Table members;
      for (const auto& [key, child] : *table) {
        members.push_back(Member{std::string(key.str()), place_from(key.source()), convert(child)});
      }
      // toml++ keeps keys sorted by name; people read mistakes in the order of the file.
      std::ranges::stable_sort(members, {}, &Member::place);
      value.data = std::move(members);
    } else if (const auto* array = node.as_array()) {
      List items;
      for (const toml::node& child : *array) items.push_back(convert(child));
      value.data = std::move(items);
    } else {
      value.data = scalar(node, value.place);
    }
    return value;
  }

 private:
  decltype(Value::data) scalar(const toml::node& node, Place place) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    report_.error(place, "", "no key takes a date or time", "put it in quotes to make it a string");
    return Broken{};
  }

  Report& report_;
};

// The text of one line, counted from 1, and what lies before it.
struct LineSplit {
  std::string_view before;
  std::string_view line;
};
LineSplit split_at_line(std::string_view content, unsigned line) {
  size_t start = 0;
  for (unsigned i = 1; i < line; ++i) {
    const size_t end = content.find('\n', start);
    if (end == content.npos) break;
    start = end + 1;
  }
  return LineSplit{content.substr(0, start),
                   content.substr(start, content.find('\n', start) - start)};
}

// The last table that a [header] or [[header]] began: what a key on the next line belongs to.
const toml::table* last_table(const toml::table& root) {
  const toml::table* last = &root;
  const auto consider = [&](const toml::node& node, auto&& self) -> void {
    if (const auto* array = node.as_array()) {
      for (const toml::node& child : *array) self(child, self);
    } else if (const auto* table = node.as_table(); table != nullptr && !table->is_inline()) {
      if (last == &root || table->source().begin >= last->source().begin) last = table;
      for (const auto& [key, child] : *table) self(child, self);
    }
  };
  for (const auto& [key, child] : root) consider(child, consider);
  return last;
}

size_t characters_in(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Where the key that `line` defines anew was defined before. toml++ does not say; so what comes
// before the line is parsed on its own, and the line's path looked up in it.
Place first_definition(std::string_view content, unsigned line) try {
  const LineSplit split = split_at_line(content, line);
  const toml::table before = toml::parse(split.before);
  const size_t equals = split.line.find('=');
  const bool header = split.line.substr(0, equals).find('[') != std::string_view::npos;
  const std::string alone =
      header ? std::string(split.line) : std::string(split.line.substr(0, equals)) + "= 0";
  const toml::table path = toml::parse(alone);
  const toml::table* table = header ? &before : last_table(before);
  const toml::table* step = &path;
  while (step != nullptr && table != nullptr && !step->empty()) {
    const auto found = table->find(step->begin()->first.str());
    if (found == table->end()) return {};
    const toml::table* next = step->begin()->second.as_table();
    if (next == nullptr || next->empty()) return place_from(found->first.source());
    step = next;
    table = found->second.as_table();
  }
  return {};
} catch (const toml::parse_error&) {
  return {};
}

// "Error while parsing string: unescaped ..." -> "unescaped ..."
std::string reworded(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  const size_t colon = description.find(": ");
  if (!description.starts_with(kPrefix) || colon == description.npos) {
    return std::string(description);
  }
  const std::string_view subject = description.substr(kPrefix.size(), colon - kPrefix.size());
  return "this is not TOML: " + std::string(subject) + ": " +
         std::string(description.substr(colon + 2));
}

void explain(const toml::parse_error& error, std::string_view content, Report& report) {
  Place place = place_from(error.source());
  const std::string_view description = error.description();
  const std::string_view line = split_at_line(content, place.line).line;
  if (description.find("unescaped control characters") != description.npos &&
      place.column > characters_in(line)) {
    report.error(place, "", "this is not TOML: a text is not closed before the end of its line",
                 std::string(1, description.find("literal") == description.npos ? '"' : '\''));
    return;
  }
  if (description.find("cannot redefine existing") == description.npos) {
    report.error(place, "", reworded(description));
    return;
  }
  const Place first = first_definition(content, place.line);
  if (first.line == 0) {
    report.error(place, "", "a key is given twice in this line");
    return;
  }
  place.column = static_cast<unsigned>(line.find_first_not_of(" \t[") + 1);
  report.error(place, "", "this key is given twice",
               "the first time at " + format(report.at(first)));
}

}  // namespace

std::optional<Value> read_toml(std::string_view content, Report& report) try {
  if (!check_toml_bounds(content, report)) return std::nullopt;
  const toml::table root = toml::parse(content);
  Value value = Converter(report).convert(root);
  value.place = Place{};
  return value;
} catch (const toml::parse_error& error) {
  explain(error, content, report);
  return std::nullopt;
}

}  // namespace berth::definition
