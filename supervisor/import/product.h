// Product: what the importers write into: definitions by name, files beside them, the ledger.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervisor/import/draft.h"
#include "supervisor/import/import.h"
#include "supervisor/import/ledger.h"
#include "supervisor/import/node.h"

namespace berth::importing {

class Product {
 public:
  explicit Product(const Settings& given) : settings(given) {}

  const Settings& settings;
  Ledger ledger;
  std::vector<Diagnostic> errors;
  std::map<std::string, Draft> containers;
  std::map<std::string, Draft> networks;
  std::map<std::string, OutputFile> files;  // by path, below `etc`

  // A name for a container that no other has: definition_name, and a number where it must be.
  std::string container_name(std::string_view wanted) const;
  // The network of this name, with a subnet that no other one of this import has.
  Draft& network(const std::string& name);
  // Gives a network IPv6 addresses of its own, when it has none.
  void choose_subnet6(Draft& network);
  // The absolute path at which a file will lie that is written beside the definitions.
  std::string add_file(const std::string& path, std::string content, bool secret);

 private:
  int subnets6_ = 0;  // that were chosen
};

// The importers, each in its files. They mark what they read, report what they know to be lost,
// and leave the rest to the sweep of import.cpp.
void import_compose(std::vector<Node>& documents, Product& product);
void import_quadlet(std::vector<Node>& files, Product& product);
void import_lxc(const Node& config, Product& product);
void import_kubernetes(const std::vector<Node>& documents, Product& product);

// The readers of the sources. Empty, with errors in the product, for what is malformed.
std::vector<Node> read_yaml_source(const SourceFile& file, Product& product);
Node read_unit(const SourceFile& file, Product& product);
Node read_lxc_config(const SourceFile& file, Product& product);

// What several importers write in the same way.
//
// A container that is never asked for its exit is a service; what others wait for to be completed
// is a oneshot, whose restart policy must let it end.
void become_oneshot(Draft& draft);
// Appends a mount; `source` may be empty (tmpfs).
void add_mount(Draft& draft, const std::string& type, const std::string& source,
               const std::string& target, bool read_only, const std::string& size = "");

}  // namespace berth::importing
