#include "supervisor/import/import.h"

#include "supervisor/import/check.h"
#include "supervisor/import/product.h"

namespace berth::importing {

namespace {

std::vector<Node> read_sources(SourceKind kind, const std::vector<SourceFile>& files,
                               Product& product) {
  std::vector<Node> sources;
  for (const SourceFile& file : files) {
    if (kind == SourceKind::quadlet) {
      sources.push_back(read_unit(file, product));
    } else if (kind == SourceKind::lxc) {
      sources.push_back(read_lxc_config(file, product));
    } else {
      for (Node& document : read_yaml_source(file, product)) sources.push_back(std::move(document));
    }
  }
  return sources;
}

void carry_out(SourceKind kind, std::vector<Node>& sources, Product& product) {
  switch (kind) {
    case SourceKind::compose: import_compose(sources, product); break;
    case SourceKind::quadlet: import_quadlet(sources, product); break;
    case SourceKind::lxc:
      for (const Node& config : sources) import_lxc(config, product);
      break;
    case SourceKind::kubernetes: import_kubernetes(sources, product); break;
  }
}

std::vector<OutputFile> written(const Product& product) {
  std::vector<OutputFile> files;
  for (const auto& [name, draft] : product.containers) {
    files.push_back(OutputFile{"containers/" + name + ".toml", draft.render()});
  }
  for (const auto& [name, draft] : product.networks) {
    files.push_back(OutputFile{"networks/" + name + ".toml", draft.render()});
  }
  for (const auto& [path, file] : product.files) files.push_back(file);
  return files;
}

}  // namespace

Imported import_sources(SourceKind kind, const std::vector<SourceFile>& files,
                        const Settings& settings) {
  Product product(settings);
  Imported imported;
  imported.sources = read_sources(kind, files, product);
  if (product.errors.empty()) carry_out(kind, imported.sources, product);
  if (!product.errors.empty()) {
    imported.errors = std::move(product.errors);
    return imported;
  }
  for (const Node& source : imported.sources) product.ledger.sweep(source);
  imported.files = written(product);
  imported.entries = product.ledger.entries();
  Checked checked = check_produced(imported.files);
  imported.not_yet = std::move(checked.not_yet);
  for (Entry& refused : checked.refused) imported.entries.push_back(std::move(refused));
  return imported;
}

}  // namespace berth::importing
