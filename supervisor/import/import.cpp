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

Draft* draft_of(const std::string& file, Product& product) {
  const size_t slash = file.find('/');
  const std::string name = file.substr(slash + 1, file.size() - slash - 6);  // without ".toml"
  auto& drafts = file.starts_with("networks/") ? product.networks : product.containers;
  const auto found = drafts.find(name);
  return found == drafts.end() ? nullptr : &found->second;
}

// Takes out, and reports, what the loader refuses, so that what is left is valid. One line at a
// time: the next one may have been wrong only because of it.
void write_valid_files(Product& product, Imported& imported) {
  for (;;) {
    imported.files = written(product);
    Checked checked = check_produced(imported.files);
    imported.not_yet = std::move(checked.not_yet);
    bool changed = false;
    for (const Diagnostic& refused : checked.refused) {
      Draft* const draft = draft_of(refused.pos.file, product);
      if (draft == nullptr || !draft->take_out(refused.key)) continue;
      imported.entries.push_back(Entry{SourcePos{refused.pos.file}, refused.key, Loss::lost,
                                       "it is left out: " + refused.problem, refused.remedy});
      changed = true;
      break;
    }
    if (changed) continue;
    for (const Diagnostic& refused : checked.refused) {
      imported.entries.push_back(Entry{refused.pos, refused.key, Loss::lost,
                                       "berthd refuses this file: " + refused.problem,
                                       refused.remedy});
    }
    return;
  }
}

// What has been read, and the product that the readers have reported to.
Imported finish(SourceKind kind, std::vector<Node> sources, Product& product) {
  Imported imported;
  imported.sources = std::move(sources);
  if (product.errors.empty()) carry_out(kind, imported.sources, product);
  if (!product.errors.empty()) {
    imported.errors = std::move(product.errors);
    return imported;
  }
  for (const Node& source : imported.sources) product.ledger.sweep(source);
  imported.entries = product.ledger.entries();
  write_valid_files(product, imported);
  return imported;
}

}  // namespace

Imported import_sources(SourceKind kind, const std::vector<SourceFile>& files,
                        const Settings& settings) {
  Product product(settings);
  std::vector<Node> sources = read_sources(kind, files, product);
  return finish(kind, std::move(sources), product);
}

Imported import_nodes(SourceKind kind, std::vector<Node> sources, const Settings& settings) {
  Product product(settings);
  return finish(kind, std::move(sources), product);
}

}  // namespace berth::importing
