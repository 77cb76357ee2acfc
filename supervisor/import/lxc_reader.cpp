// The configuration format of LXC: "key = value" lines, which repeat; comments; lxc.include.
#include "supervisor/import/product.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

constexpr unsigned kIncludesMost = 16;      // nested
constexpr std::size_t kLinesMost = 10'000;  // of a file and all that it includes

void read_lines(const SourceFile& file, unsigned depth, Node& root, Product& product);

// LXC's own files set what a distribution needs from LXC; others are read in their place.
void read_include(const Node& include, unsigned depth, Node& root, Product& product) {
  const std::string& path = include.text();
  if (path.starts_with("/usr/share/lxc/") || path.starts_with("/usr/local/share/lxc/")) {
    return product.ledger.note(include, "LXC's own defaults are not read: berth has its own");
  }
  const auto content = product.settings.read(absolute_path(path, product.settings.base));
  const bool too_much = depth >= kIncludesMost || root.children().size() > kLinesMost;
  if (!content || too_much) {
    return product.ledger.lost(
        include, content ? "files include each other too often" : content.error().message(),
        "copy what it says into the file");
  }
  include.take();
  read_lines(SourceFile{path, *content}, depth + 1, root, product);
}

void read_lines(const SourceFile& file, unsigned depth, Node& root, Product& product) {
  unsigned number = 0;
  for (const std::string& whole : split(file.content, '\n')) {
    ++number;
    const std::string_view line = trim(whole);
    if (line.empty() || line[0] == '#') continue;
    const size_t equals = line.find('=');
    const auto column = static_cast<unsigned>(whole.find_first_not_of(" \t") + 1);
    const SourcePos place{file.path, number, column};
    if (equals == line.npos) {
      product.errors.push_back(Diagnostic{Severity::error, place, "",
                                          "this is no line of a configuration of LXC",
                                          "key = value", ""});
      continue;
    }
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() > 1 && value.front() == value.back() &&
        (value[0] == '"' || value[0] == '\'')) {
      value = value.substr(1, value.size() - 2);
    }
    const std::string key(trim(line.substr(0, equals)));
    Node& entry = root.add(key, Node(Kind::scalar, place, std::string(value)));
    entry.name_paths(key);
    if (key != "lxc.include") continue;
    // The list may move as the file's lines are added.
    const size_t index = root.children().size() - 1;
    const Node include = root.children()[index];
    read_include(include, depth, root, product);
    root.children()[index].mark(include.fate());
  }
}

}  // namespace

Node read_lxc_config(const SourceFile& file, Product& product) {
  Node root(Kind::table, SourcePos{file.path, 1, 1});
  read_lines(file, 0, root, product);
  return root;
}

}  // namespace berth::importing
