// env, envFrom, and $(NAME) in arguments. What comes from a Secret goes into a file for root alone,
// never into the definition.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// From a ConfigMap or Secret. `entry` is where the value stands there.
void set_variable(KubeContainer& container, const std::string& name, const Node& object,
                  const std::string& key, const Node& entry) {
  const auto value = content_of(object, key);
  if (!value) return container.ledger().lost(entry, "it is not base64", "correct it");
  if (object.peek("kind") != "Secret") return container.draft.put("environment", name, *value);
  if (value->find('\n') != std::string::npos) {
    entry.mark(Fate::open);
    return container.ledger().lost(entry, "as the variable " + name + " it has several lines",
                                   "mount it as a file");
  }
  container.secret_environment += name + "=" + *value + "\n";
}

// Whether a reference that leads nowhere is not to be missed.
bool is_optional(const Node& reference) {
  const Node* const optional = reference.find("optional");
  if (optional == nullptr) return false;
  optional->take();
  return boolean_of(optional->text()) == true;
}

void take_reference(const Node& variable, const Node& reference, bool secret,
                    KubeContainer& container) {
  const std::string what = reference.peek("name") + "/" + reference.peek("key");
  const auto& objects = secret ? container.set.secrets : container.set.config_maps;
  const auto object = objects.find(reference.peek("name"));
  const bool optional = is_optional(reference);
  const Node* const entry =
      object == objects.end() ? nullptr : entry_of(*object->second, reference.peek("key"));
  if (entry != nullptr) {
    reference.take("name");
    reference.take("key");
    set_variable(container, variable.take("name"), *object->second, entry->key(), *entry);
  } else if (optional) {
    container.ledger().note(variable, quote(what) + " is not in these files");
  } else {
    container.ledger().lost(
        variable, quote(what) + " is not in these files",
        secret ? "give it a value in an env_file" : "give it a value in environment");
  }
}

void take_variable(const Node& variable, KubeContainer& container) {
  const Node* const value = variable.find("value");
  const Node* const from = variable.find("valueFrom");
  const Node* const field = from == nullptr ? nullptr : from->find("fieldRef");
  if (from == nullptr) {
    container.draft.put("environment", variable.take("name"),
                        value == nullptr ? "" : value->take());
  } else if (const Node* const map = from->find("configMapKeyRef")) {
    take_reference(variable, *map, false, container);
  } else if (const Node* const secret = from->find("secretKeyRef")) {
    take_reference(variable, *secret, true, container);
  } else if (field != nullptr && field->peek("fieldPath") == "metadata.name") {
    field->take("fieldPath");
    container.draft.put("environment", variable.take("name"), container.name);
  } else {
    container.ledger().lost(variable, "a container is not told of itself",
                            "give it a value in environment");
  }
}

void take_all_of(const Node& source, KubeContainer& container) {
  const std::string prefix = source.take("prefix");
  for (const char* kind : {"configMapRef", "secretRef"}) {
    const Node* const reference = source.find(kind);
    if (reference == nullptr) continue;
    const bool secret = std::string_view(kind) == "secretRef";
    const auto& objects = secret ? container.set.secrets : container.set.config_maps;
    const bool optional = is_optional(*reference);
    const auto object = objects.find(reference->take("name"));
    if (object != objects.end()) {
      for (const std::string& key : keys_of(*object->second)) {
        set_variable(container, prefix + key, *object->second, key,
                     *entry_of(*object->second, key));
      }
    } else if (optional) {
      container.ledger().note(*reference, "it is not in these files");
    } else {
      container.ledger().lost(*reference, "it is not in these files",
                              "put the variables into an env_file");
    }
  }
}

const std::string* variable_of(const std::string& name, const KubeContainer& container) {
  const Toml* const environment = container.draft.find("environment");
  if (environment == nullptr) return nullptr;
  for (const auto& [known, value] : *environment->get<TomlTable>()) {
    if (known == name) return value.get<std::string>();
  }
  return nullptr;
}

// What is not known stays as it is, as it does with Kubernetes; "$$(" is "$(".
std::string expand(const std::string& text, const KubeContainer& container) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "$$(") == 0) {
      expanded += "$(";
      i += 2;
      continue;
    }
    const std::size_t end = text.compare(i, 2, "$(") == 0 ? text.find(')', i) : text.npos;
    const std::string* const value =
        end == text.npos ? nullptr : variable_of(text.substr(i + 2, end - i - 2), container);
    expanded += value == nullptr ? std::string(1, text[i]) : *value;
    if (value != nullptr) i = end;
  }
  return expanded;
}

}  // namespace

void take_kube_environment(KubeContainer& container) {
  if (const Node* const sources = container.node.find("envFrom")) {
    for (const Node& source : sources->children()) take_all_of(source, container);
  }
  if (const Node* const variables = container.node.find("env")) {
    for (const Node& variable : variables->children()) {
      take_variable(variable, container);
      const std::string name = variable.peek("name");
      const std::string* const value = variable_of(name, container);
      if (value != nullptr && variable.find("value") != nullptr) {
        container.draft.put("environment", name, expand(*value, container));
      }
    }
  }
  if (container.secret_environment.empty()) return;
  container.draft.append("env_file",
                         container.product.add_file("env/" + container.name + ".env",
                                                    container.secret_environment, true));
}

std::vector<std::string> expand_references(const Node& list, KubeContainer& container) {
  std::vector<std::string> words;
  for (const Node& word : list.children()) {
    words.push_back(expand(word.take(), container));
    if (words.back().find("$(") == std::string::npos) continue;
    const std::size_t start = words.back().find("$(") + 2;
    const std::string name = words.back().substr(start, words.back().find(')') - start);
    if (container.secret_environment.find(name + "=") == std::string::npos) continue;
    container.ledger().lost(word, "a secret is not put into a command",
                            "a shell, which has $" + name);
  }
  return words;
}

}  // namespace berth::importing
