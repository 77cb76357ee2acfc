// Builds the tree from the events of a YAML parser. Every call answers whether to go on; false
// means that it has reported why not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/definition/report.h"
#include "supervisor/definition/yaml_text.h"

namespace berth::definition {

// Whose YAML it is: of a definition, or of another tool (read_foreign_yaml in reader.h).
enum class YamlDialect { definition, foreign };

class YamlTree {
 public:
  using Anchor = std::size_t;  // 0: none

  YamlTree(const YamlText& text, YamlDialect dialect, Report& report)
      : text_(text), dialect_(dialect), report_(report) {}

  bool scalar(Place place, Value value, Anchor anchor);
  // A scalar with its text: quoted ones are strings, plain ones mean what the core schema says.
  bool text(std::size_t offset, Place place, const std::string& tag, const std::string& text,
            Anchor anchor);
  bool alias(Place place, Anchor anchor);
  bool begin(Place place, decltype(Value::data) empty, const std::string& tag, Anchor anchor);
  bool end();

  // The root, once every begin has had its end.
  std::optional<Value> take() &&;

 private:
  // What an anchor stands for, kept as a copy: the value itself moves as the tree grows.
  struct Anchored {
    Value value;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    unsigned depth = 0;
  };
  struct Open {
    Value value;
    Anchor anchor = 0;
    std::optional<Member> key;  // the key that waits for its value
    bool key_unusable = false;  // its value is read, and left out
    std::map<std::string, Place, std::less<>> keys;
    std::size_t nodes = 1;
    std::size_t bytes = 0;
    unsigned depth = 1;
  };

  bool add(Anchored item, Anchor anchor);
  bool add_key(Open& table, const Value& key);
  bool count(Place place, std::size_t nodes, std::size_t bytes);
  bool check_anchor(Place place, Anchor anchor);
  bool check_depth(Place place, std::size_t depth);
  // True when the next value is a key of a table.
  [[nodiscard]] bool wants_key() const;
  // What a plain scalar means in the dialect; Broken, with a report, where that is not clear.
  decltype(Value::data) meaning(Place place, const std::string& text);
  // A tag that says what the value is anyway, or none at all.
  bool check_tag(Place place, const std::string& tag);

  const YamlText& text_;
  YamlDialect dialect_;
  Report& report_;
  std::vector<Open> open_;
  std::map<Anchor, Anchored> anchored_;
  std::size_t aliases_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::optional<Value> root_;
};

}  // namespace berth::definition
