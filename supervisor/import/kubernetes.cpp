// The documents by kind: ConfigMaps and Secrets first, which others refer to; then what runs; then
// the Services that lead to it.
#include "supervisor/import/kubernetes.h"

#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void flatten(const Node& document, std::vector<const Node*>& documents) {
  const Node* const items = document.find("items");
  if (items == nullptr || !document.peek("kind").ends_with("List")) {
    documents.push_back(&document);
    return;
  }
  document.take("kind");
  document.take("apiVersion");
  for (const Node& item : items->children()) flatten(item, documents);
}

// What every document says of itself.
void take_identity(const Node& document, Ledger& ledger) {
  document.take("apiVersion");
  document.take("kind");
  const Node* const metadata = document.find("metadata");
  if (metadata == nullptr) return;
  metadata->take("name");
  if (const Node* const space = metadata->find("namespace")) {
    ledger.note(*space, "there are no namespaces: names are of one host");
  }
  if (const Node* const annotations = metadata->find("annotations")) {
    ledger.lost(*annotations, "there are no annotations", "labels");
  }
}

// The content was taken where it is used; what nobody uses is not written anywhere.
void settle_content(const Node& document, Ledger& ledger) {
  if (const Node* const type = document.find("type")) {
    ledger.note(*type, "what kind of secret it is makes no difference");
  }
  if (const Node* const fixed = document.find("immutable")) {
    ledger.note(*fixed, "files beside the definitions change as they are written");
  }
  if (const Node* const labels = document.find("metadata", "labels")) {
    ledger.lost(*labels, "files have no labels", "leave them out");
  }
  for (const char* section : {"data", "stringData", "binaryData"}) {
    const Node* const entries = document.find(section);
    if (entries == nullptr) continue;
    for (const Node& entry : entries->children()) {
      if (entry.fate() != Fate::open) continue;
      ledger.lost(entry, "nothing in these files uses it", "import it with what does");
    }
  }
}

// PersistentVolumeClaim: a volume is made where it is mounted.
void take_claim(const Node& document, Ledger& ledger) {
  take_identity(document, ledger);
  if (const Node* const spec = document.find("spec")) {
    ledger.lost(*spec, "a volume is a directory of the host, of no certain size or class",
                "make room where berth keeps its volumes");
  }
  report_kube_losses(document, KubeScope::document, ledger);
}

}  // namespace

void import_kubernetes(const std::vector<Node>& roots, Product& product) {
  std::vector<const Node*> documents;
  for (const Node& root : roots) flatten(root, documents);
  KubeSet set{product, {}, {}, {}};
  for (const Node* document : documents) {
    const std::string kind = document->peek("kind");
    const Node* const name = document->find("metadata", "name");
    if (kind.empty() || document->peek("apiVersion").empty()) {
      product.errors.push_back(Diagnostic{Severity::error, document->place(), "kind",
                                          "this is no manifest: it has no apiVersion and kind", "",
                                          ""});
      return;
    }
    if (kind == "ConfigMap" && name != nullptr) set.config_maps[name->text()] = document;
    if (kind == "Secret" && name != nullptr) set.secrets[name->text()] = document;
  }
  for (const Node* document : documents) {
    if (!import_kube_workload(*document, set)) continue;
    take_identity(*document, product.ledger);
    report_kube_losses(*document, KubeScope::document, product.ledger);
  }
  for (const Node* document : documents) {
    const std::string kind = document->peek("kind");
    if (kind == "Service") {
      import_kube_service(*document, set);
      take_identity(*document, product.ledger);
    } else if (kind == "ConfigMap" || kind == "Secret") {
      take_identity(*document, product.ledger);
      settle_content(*document, product.ledger);
    } else if (kind == "PersistentVolumeClaim") {
      take_claim(*document, product.ledger);
    } else if (document->untouched()) {
      report_kube_kind(*document, product.ledger);
    }
  }
}

}  // namespace berth::importing
