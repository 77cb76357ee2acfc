// The project: its services in turn, what is on the top beside them, and, when all are known, how
// they depend on each other.
#include "supervisor/import/compose.h"

#include "supervisor/import/security.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void name_containers(ComposeProject& project, const Node& services) {
  std::set<std::string> taken;
  for (const Node& service : services.children()) {
    std::string name = definition_name(service.key());
    if (name != service.key()) {
      project.product.ledger.mention(
          service, Loss::note, "the container is called " + quote(name),
          "names have lower case letters, digits, \"_\", \".\" and \"-\"");
    }
    while (!taken.insert(name).second) name += "-2";
    project.containers[service.key()] = name;
    project.product.containers[name];
  }
}

// A dependency that waits for something that will never be is refused by the loader.
void settle_dependency(const ComposeDependency& dependency, ComposeProject& project) {
  Product& product = project.product;
  Draft& other = product.containers.at(dependency.to);
  std::string condition = dependency.condition;
  if (condition == "completed") become_oneshot(other);
  const bool has_probe = other.has("healthcheck.exec");
  if (condition == "healthy" && (!has_probe || other.text_of("type") == "oneshot")) {
    condition = "started";
    product.ledger.changed(*dependency.node,
                           dependency.to +
                               " has no healthcheck here, so it is waited for until it "
                               "is started",
                           "give it a healthcheck; those of images are not known to berth");
  }
  TomlTable options{{"condition", condition}};
  if (dependency.restart) options.emplace_back("restart", true);
  product.containers.at(dependency.from).put("depends_on", dependency.to, std::move(options));
}

// A probe that the loader would refuse: of a oneshot, or beside the right to trace it.
void settle_healthcheck(const std::string& name, const Node& node, Product& product) {
  Draft& draft = product.containers.at(name);
  std::string why;
  if (draft.text_of("type") == "oneshot") why = "a oneshot is not asked for its health";
  if (may_trace(draft)) why = "no program is run as a probe in a container that may trace it";
  if (why.empty() || !draft.has("healthcheck.exec")) return;
  drop_healthcheck(draft);
  product.ledger.lost(node, why, "a tcp or http healthcheck, where it is a service");
}

void take_name(const Node& node, ComposeProject& project) {
  const std::string group = definition_name(node.take());
  for (auto& [name, draft] : project.product.containers) draft.append("groups", group);
}

void import_top(ComposeProject& project) {
  Ledger& ledger = project.product.ledger;
  for (const Node& member : project.root.children()) {
    if (member.key().starts_with("x-")) {
      ledger.note(member, "an extension field means nothing by itself",
                  "what refers to it was carried over where it stands");
    } else if (member.key() == "version") {
      ledger.note(member, "it means nothing any more, to compose neither");
    } else if (member.key() == "name") {
      take_name(member, project);
    } else if (member.key() == "include") {
      ledger.lost(member, "other files are not included", "import each of them, too");
    }
  }
}

}  // namespace

void import_compose(std::vector<Node>& documents, Product& product) {
  if (documents.size() != 1) {
    product.errors.push_back(
        Diagnostic{Severity::error, documents.empty() ? SourcePos{} : documents[1].place(), "",
                   "a compose file has one document", "import several files one by one", ""});
    return;
  }
  Node& root = documents.front();
  substitute_variables(root, product);
  extend_services(root, product);
  const Node* const services = root.find("services");
  if (services == nullptr || !services->is_table()) {
    product.errors.push_back(Diagnostic{Severity::error, root.place(), "services",
                                        "there are no services: this is no compose file", "", ""});
    return;
  }
  ComposeProject project{root, product, {}, {}, {}, {}};
  name_containers(project, *services);
  for (const Node& node : services->children()) {
    const std::string& name = project.containers.at(node.key());
    ComposeService service{node, name, product.containers.at(name), project, product};
    import_compose_service(service);
  }
  attach_aliases(project);
  import_top(project);
  import_compose_networks(project);
  import_compose_volumes(project);
  import_compose_files(project);
  for (const ComposeDependency& dependency : project.dependencies) {
    if (dependency.condition == "completed") become_oneshot(product.containers.at(dependency.to));
  }
  for (const auto& [name, node] : project.healthchecks) settle_healthcheck(name, *node, product);
  for (const ComposeDependency& dependency : project.dependencies) {
    settle_dependency(dependency, project);
  }
}

}  // namespace berth::importing
