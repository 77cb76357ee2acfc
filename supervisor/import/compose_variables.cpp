// ${NAME}, ${NAME:-default} and their kin, as compose substitutes them in values. They become what
// they stand for: a definition has no variables.
#include <map>

#include "supervisor/import/compose.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// A file of "NAME=value" lines, as compose reads .env.
Variables variables_of(std::string_view text) {
  Variables variables;
  for (const std::string& whole : split(text, '\n')) {
    std::string_view line = trim(whole);
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const size_t equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == line.npos) continue;
    std::string_view value = trim(line.substr(equals + 1));
    if (value.starts_with('"') || value.starts_with('\'')) {
      const size_t end = value.find(value[0], 1);
      value = value.substr(1, end == value.npos ? end : end - 1);
    } else if (const size_t comment = value.find(" #"); comment != value.npos) {
      value = trim(value.substr(0, comment));
    }
    variables[std::string(trim(line.substr(0, equals)))] = value;
  }
  return variables;
}

bool is_name(char c, bool first) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (!first && c >= '0' && c <= '9');
}

size_t name_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_name(text[length], length == 0)) ++length;
  return length;
}

// The index of the brace that closes the one before `text`; npos without one.
size_t closing_brace(std::string_view text) {
  unsigned open = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return text.npos;
}

class Substitution {
 public:
  explicit Substitution(const Variables& variables) : variables_(variables) {}

  std::string run(std::string_view text, unsigned depth = 0) {
    std::string result;
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      result += text.substr(0, dollar);
      if (dollar == text.npos) break;
      text.remove_prefix(dollar + 1);
      if (text.starts_with('$')) {
        result += '$';
        text.remove_prefix(1);
      } else if (text.starts_with('{')) {
        const size_t end = closing_brace(text.substr(1));
        if (end == text.npos || depth > 8) return result + "$" + std::string(text);
        result += braced(text.substr(1, end), depth);
        text.remove_prefix(end + 2);
      } else if (const size_t length = name_length(text); length != 0) {
        result += value(text.substr(0, length));
        text.remove_prefix(length);
      } else {
        result += '$';
      }
    }
    return result;
  }

  std::vector<std::string> known;      // had a value
  std::vector<std::string> defaulted;  // had none, but a default
  std::vector<std::string> missing;

 private:
  std::string value(std::string_view name) {
    const auto found = variables_.find(name);
    (found == variables_.end() ? missing : known).emplace_back(name);
    return found == variables_.end() ? "" : found->second;
  }

  // What stands between the braces: NAME, NAME:-x, NAME-x, NAME:?x, NAME?x, NAME:+x, NAME+x.
  std::string braced(std::string_view text, unsigned depth) {
    const std::string_view name = text.substr(0, name_length(text));
    std::string_view rest = text.substr(name.size());
    const bool not_empty = rest.starts_with(':');
    if (not_empty) rest.remove_prefix(1);
    const auto found = variables_.find(name);
    const bool set = found != variables_.end() && !(not_empty && found->second.empty());
    const char how = rest.empty() ? '\0' : rest[0];
    if (how == '+') {
      (set ? known : defaulted).emplace_back(name);
      return set ? run(rest.substr(1), depth + 1) : "";
    }
    if (set || how != '-') return value(name);
    defaulted.emplace_back(name);
    return run(rest.substr(1), depth + 1);
  }

  const Variables& variables_;
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "${" : ", ${") + name + "}";
  return text;
}

void substitute(Node& node, const Variables& variables, Ledger& ledger) {
  for (Node& child : node.changeable_children()) substitute(child, variables, ledger);
  if (!node.is_scalar() || node.text().find('$') == std::string::npos) return;
  Substitution substitution(variables);
  node.replace_text(substitution.run(node.text()));
  if (!substitution.missing.empty()) {
    ledger.mention(node, Loss::lost,
                   listed(substitution.missing) + " has no value, and is empty here",
                   "give it one with --env-file, or in the definition");
  } else if (!substitution.known.empty()) {
    ledger.mention(node, Loss::note, listed(substitution.known) + " became its value of today");
  } else if (!substitution.defaulted.empty()) {
    ledger.mention(node, Loss::note, listed(substitution.defaulted) + " became its default");
  }
}

}  // namespace

void substitute_variables(Node& root, Product& product) {
  const Variables variables = variables_of(product.settings.variables);
  for (Node& child : root.changeable_children()) {
    if (!child.key().starts_with("x-")) substitute(child, variables, product.ledger);
  }
}

}  // namespace berth::importing
