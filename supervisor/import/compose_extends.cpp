// extends: a service begins as a copy of another one, of the same file or of another.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "supervisor/import/compose.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// Lists that a service replaces; others it adds to.
constexpr std::array<std::string_view, 3> kReplaced{"command", "entrypoint", "test"};

// ["A=b"] as {A: b}, so that the two forms can be merged.
Node as_table(const Node& list) {
  Node table(Kind::table, list.place());
  for (const Node& item : list.children()) {
    const size_t equals = item.text().find('=');
    const bool has_value = equals != std::string::npos;
    Node value(has_value ? Kind::scalar : Kind::null, item.place(),
               has_value ? item.text().substr(equals + 1) : "");
    table.add(item.text().substr(0, equals), std::move(value));
  }
  return table;
}

// `upper` over `lower`, into `lower`.
void merge(Node& lower, const Node& upper) {
  if (lower.is_list() && upper.is_table()) lower.become_table(as_table(lower).children());
  if (lower.is_table() && upper.is_list()) return merge(lower, as_table(upper));
  for (const Node& item : upper.children()) {
    if (lower.is_list()) {
      lower.add("", item);
      continue;
    }
    auto& members = lower.changeable_children();
    const auto known = std::ranges::find(members, item.key(), &Node::key);
    const bool replaces = std::ranges::find(kReplaced, item.key()) != kReplaced.end();
    if (known == members.end()) {
      lower.add(item.key(), item);
    } else if (known->is_leaf() || item.is_leaf() || replaces) {
      *known = item;
    } else {
      merge(*known, item);
    }
  }
}

class Extender {
 public:
  Extender(Node& root, Product& product) : product_(product) { files_[""] = &root; }

  void run() {
    std::vector<Node>* const services = services_of("");
    if (services == nullptr) return;
    for (Node& service : *services) extend(service, "", {});
  }

 private:
  std::vector<Node>* services_of(const std::string& file) {
    for (Node& member : files_[file]->changeable_children()) {
      if (member.key() == "services") return &member.changeable_children();
    }
    return nullptr;
  }

  // False, with a report at `node`, for a file that cannot be read.
  bool open(const std::string& file, const Node& node) {
    if (files_.contains(file)) return true;
    const std::string path = absolute_path(file, product_.settings.base);
    const auto content = product_.settings.read(path);
    if (!content) {
      product_.ledger.lost(node, content.error().message(), "import it from where the file is");
      return false;
    }
    auto documents = read_yaml_source(SourceFile{file, *content}, product_);
    if (documents.empty()) return false;
    opened_.push_back(std::make_unique<Node>(std::move(documents.front())));
    substitute_variables(*opened_.back(), product_);
    files_[file] = opened_.back().get();
    return true;
  }

  void extend(Node& service, const std::string& file, std::set<std::string> under_way) {
    const Node* const extends = service.find("extends");
    if (extends == nullptr) return;
    const std::string base = extends->is_scalar() ? extends->text() : extends->peek("service");
    const std::string named = extends->peek("file");
    const std::string from = named.empty() ? file : named;
    const Node reported = *extends;
    std::erase_if(service.changeable_children(),
                  [](const Node& member) { return member.key() == "extends"; });
    if (!under_way.insert(from + "\n" + base).second) {
      return product_.ledger.lost(reported, "it extends itself", "take it out");
    }
    if (!open(from, reported)) return;
    std::vector<Node>* const services = services_of(from);
    Node* found = nullptr;
    for (Node& other : services != nullptr ? *services : found_none_) {
      if (other.key() == base) found = &other;
    }
    if (found == nullptr) {
      return product_.ledger.lost(reported, "there is no service " + quote(base),
                                  "name one that is there");
    }
    if (found == &service) return;
    extend(*found, from, std::move(under_way));
    Node whole = *found;
    merge(whole, service);
    service.changeable_children() = whole.children();
  }

  Product& product_;
  std::vector<Node> found_none_;
  std::map<std::string, Node*> files_;
  std::vector<std::unique_ptr<Node>> opened_;
};

}  // namespace

void extend_services(Node& root, Product& product) {
  Extender(root, product).run();
  for (Node& member : root.changeable_children()) member.name_paths(member.key());
}

}  // namespace berth::importing
