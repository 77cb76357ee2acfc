// berth cat: the files that a definition is made of, in the order in which they are merged.
#include <algorithm>

#include "supervisor/cli/command.h"
#include "supervisor/cli/definition_lookup.h"
#include "supervisor/control/documents.h"
#include "supervisor/record/json_text.h"

namespace berth::cli {

namespace {

// As it stands there; on a terminal without what would move its cursor.
std::string shown(const std::string& content, const Terminal& terminal) {
  if (!terminal.is_terminal) return content;
  std::string text;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    text += escaped(std::string_view(content).substr(begin, end - begin), true);
    if (end < content.size()) text += '\n';
    begin = end + 1;
  }
  return text;
}

class Cat : public Command {
 public:
  void declare(Options& options) override {
    options.argument("NAME", name_, true,
                     "a container; network/NAME: a network; berthd.toml: the host's settings");
    options.flag("--network", network_, "NAME is a network");
    options.output(json_);
    options.footer(
        "Each file is headed by a comment with its path. Works without berthd. With -o json: an\n"
        "array of objects with path and content; empty for a masked name.");
  }

  Result<int> run(const Context& context) override {
    const FoundDefinition found = TRY(find_definition(context.paths, name_, network_));
    if (json_) {
      print(control::indented(document(found)) + "\n");
      return kDone;
    }
    if (!found.mask.empty()) {
      print("# " + escaped(found.mask) + " -> /dev/null: " + escaped(name_) + " is masked\n");
      return kDone;
    }
    show(found.file, context.out);
    for (const definition::File& drop_in : found.file.drop_ins) {
      print("\n");
      show(drop_in, context.out);
    }
    return kDone;
  }

 private:
  static void show(const definition::File& file, const Terminal& terminal) {
    const std::string& content = file.content.text();
    print(terminal.paint(Colour::bold, "# " + escaped(file.origin)) + "\n");
    print(shown(content, terminal));
    if (!content.empty() && !content.ends_with('\n')) print("\n");
  }

  static std::string document(const FoundDefinition& found) {
    if (!found.mask.empty()) return "[]";
    std::string json = "[" + member(found.file);
    for (const definition::File& drop_in : found.file.drop_ins) json += "," + member(drop_in);
    return json + "]";
  }
  static std::string member(const definition::File& file) {
    return "{\"path\":" + record::quoted(file.origin) +
           ",\"content\":" + record::quoted(file.content.text()) + "}";
  }

  std::string name_;
  bool network_ = false;
  bool json_ = false;
};

}  // namespace

CommandPtr make_cat() { return std::make_unique<Cat>(); }

}  // namespace berth::cli
