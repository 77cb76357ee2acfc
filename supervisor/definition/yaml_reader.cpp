// YAML through yaml-cpp's parser events, never through its nodes: those keep the first of duplicate
// keys, follow alias bombs, and read 017 as 15 and no as false.
#include <istream>
#include <streambuf>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "supervisor/definition/reader.h"
#include "supervisor/definition/wording.h"
#include "supervisor/definition/yaml_text.h"
#include "supervisor/definition/yaml_tree.h"

namespace berth::definition {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Hands the parser's events to the tree, and has it stop as soon as the tree has had enough:
// yaml-cpp recurses for every nested value, and so it must not get far ahead.
class Events : public YAML::EventHandler {
 public:
  struct Stop {};

  Events(const YamlText& text, YamlDialect dialect, Report& report)
      : text_(text), tree_(text, dialect, report) {}

  std::optional<Value> take() { return std::move(tree_).take(); }
  [[nodiscard]] bool began() const { return began_; }
  [[nodiscard]] Place start() const { return first_; }
  [[nodiscard]] Place end() const { return last_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    began_ = true;
    first_ = at(mark);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    go_on(tree_.scalar(at(mark), Value{Null{}, last_}, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    go_on(tree_.alias(at(mark), anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    at(mark);
    go_on(tree_.text(text_.offset_of(mark.line, mark.column), last_, tag, value, anchor));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    go_on(tree_.begin(at(mark), List{}, tag, anchor));
  }
  void OnSequenceEnd() override { go_on(tree_.end()); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    go_on(tree_.begin(at(mark), Table{}, tag, anchor));
  }
  void OnMapEnd() override { go_on(tree_.end()); }

 private:
  Place at(const YAML::Mark& mark) {
    last_ = text_.place(mark.line, mark.column);
    return last_;
  }
  static void go_on(bool well) {
    if (!well) throw Stop{};
  }

  const YamlText& text_;
  YamlTree tree_;
  Place first_;
  Place last_;
  bool began_ = false;
};

// A stream over text that is not copied.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

struct Rewording {
  std::string_view theirs;
  std::string_view problem;
  std::string_view remedy;
};
constexpr Rewording kRewordings[] = {
    {"end of map not found", "this does not fit the keys before it",
     "check the indentation, quotes and colons"},
    {"end of map flow not found", "a \"{\" is not closed before this", "}"},
    {"end of sequence not found", "this does not fit the list before it",
     "check the indentation and the \"- \" of each item"},
    {"end of sequence flow not found", "a \"[\" is not closed before this", "]"},
    {"illegal map value", "a \":\" has no place here",
     "check the indentation, or put the text in quotes"},
    {"illegal map key", "a key has no place here", "check the indentation"},
    {"illegal block entry", "a \"- \" has no place here", "check the indentation"},
    {"illegal flow end", "this bracket was never opened", ""},
    {"unknown token", "no value begins with this character", "put the text in quotes"},
    {"the referenced anchor is not defined", "no anchor of this name stands before this alias", ""},
    {"illegal EOF in scalar", "a quoted text is not closed before the end of the file", ""},
};

void explain(const YAML::Exception& error, const YamlText& text, Report& report) {
  const Place place =
      error.mark.is_null() ? Place{} : text.place(error.mark.line, error.mark.column);
  if (text.is_indented_with_tab(place)) {
    report.error(place, "", "this is not YAML: it is indented with spaces, never with tabs");
    return;
  }
  for (const Rewording& rewording : kRewordings) {
    if (error.msg != rewording.theirs) continue;
    report.error(place, "", "this is not YAML: " + std::string(rewording.problem),
                 std::string(rewording.remedy));
    return;
  }
  report.error(place, "", "this is not YAML: " + error.msg);
}

// The parser is asked a second time, and no oftener: for "," it answers "another document"
// forever, without moving.
bool is_last_document(YAML::Parser& parser, const YamlText& text, Report& report) {
  Report ignored("", "");
  Events second(text, YamlDialect::definition, ignored);
  try {
    if (!parser.HandleNextDocument(second)) return true;
  } catch (const Events::Stop&) {
  } catch (const YAML::Exception&) {
  }
  if (!second.began()) return true;
  report.error(second.end(), "", "a second document, or text that belongs to none, begins here",
               "one file holds one definition");
  return false;
}

}  // namespace

std::optional<Value> read_yaml(std::string_view content, Report& report) {
  const YamlText text(content);
  if (!text.check_bounds(report)) return std::nullopt;
  try {
    TextBuffer buffer(content);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Events events(text, YamlDialect::definition, report);
    if (!parser.HandleNextDocument(events)) return Value{Table{}, {}};
    if (!is_last_document(parser, text, report)) return std::nullopt;
    auto root = events.take();
    if (root && root->get<Null>() != nullptr) root->data = Table{};
    return root;
  } catch (const Events::Stop&) {
    return std::nullopt;  // the tree has reported why
  } catch (const YAML::Exception& error) {
    explain(error, text, report);
    return std::nullopt;
  }
}

std::optional<std::vector<Value>> read_foreign_yaml(const std::string& content, Report& report) {
  if (!check_bytes(content, report)) return std::nullopt;
  std::string_view bytes = content;
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  const YamlText text(bytes);
  if (!text.check_bounds(report)) return std::nullopt;
  std::vector<Value> documents;
  Place before;
  try {
    TextBuffer buffer(bytes);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    for (;;) {
      Events events(text, YamlDialect::foreign, report);
      if (!parser.HandleNextDocument(events) || !events.began()) return documents;
      // For a stray "," the parser finds one document after another without moving.
      if (!documents.empty() && events.start() <= before) {
        report.error(events.start(), "", "this is not YAML: no document begins here");
        return std::nullopt;
      }
      before = events.start();
      if (auto root = events.take()) documents.push_back(*std::move(root));
    }
  } catch (const Events::Stop&) {
    return std::nullopt;  // the tree has reported why
  } catch (const YAML::Exception& error) {
    explain(error, text, report);
    return std::nullopt;
  }
}

}  // namespace berth::definition
