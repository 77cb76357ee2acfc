// The file format of systemd's units, which Quadlets are written in: sections, "Key=value" lines
// that repeat, continued lines, comments.
#include "supervisor/import/product.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

class UnitReader {
 public:
  UnitReader(const SourceFile& file, Product& product)
      : file_(file), product_(product), root_(Kind::table, SourcePos{file.path, 1, 1}) {}

  Node run() {
    unsigned number = 0;
    for (const std::string& whole : split(file_.content, '\n')) {
      ++number;
      take(whole, number);
    }
    if (!pending_.empty()) finish();
    root_.name_paths("");
    for (Node& section : root_.changeable_children()) {
      // Keys repeat, so their paths have no index: the line tells them apart.
      for (Node& entry : section.changeable_children()) {
        entry.name_paths(section.key() + "." + entry.key());
      }
    }
    return std::move(root_);
  }

 private:
  // A line that ends in a backslash goes on in the next one; comments between them do not count.
  void take(std::string_view whole, unsigned number) {
    std::string_view line = trim(whole);
    const bool comment = !line.empty() && (line[0] == '#' || line[0] == ';');
    if (comment || (line.empty() && pending_.empty())) return;
    if (pending_.empty()) {
      start_ =
          SourcePos{file_.path, number, static_cast<unsigned>(whole.find_first_not_of(" \t") + 1)};
    }
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    pending_ += (pending_.empty() ? "" : " ") + std::string(trim(line));
    if (!goes_on) finish();
  }

  void finish() {
    const std::string line = std::move(pending_);
    pending_.clear();
    if (line.starts_with('[') && line.ends_with(']')) {
      section_ = line.substr(1, line.size() - 2);
      return;
    }
    const size_t equals = line.find('=');
    if (equals == line.npos || section_.empty()) {
      product_.errors.push_back(Diagnostic{Severity::error, start_, "", "this is no line of a unit",
                                           "[Section], then Key=value", ""});
      return;
    }
    const std::string key(trim(std::string_view(line).substr(0, equals)));
    const std::string value(trim(std::string_view(line).substr(equals + 1)));
    section().add(key, Node(Kind::scalar, start_, value));
  }

  Node& section() {
    for (Node& known : root_.changeable_children()) {
      if (known.key() == section_) return known;
    }
    return root_.add(section_, Node(Kind::table, start_));
  }

  const SourceFile& file_;
  Product& product_;
  Node root_;
  std::string section_;
  std::string pending_;
  SourcePos start_;
};

}  // namespace

Node read_unit(const SourceFile& file, Product& product) { return UnitReader(file, product).run(); }

}  // namespace berth::importing
