// From the files of another tool to definition files, and a report of what could not be carried
// over. Pure but for Settings::read, through which the files are read that a source refers to.
//
//   source text -> Node trees -> drafts + ledger -> files + entries -> checked by the loader
//
// What makes it complete is the mark on every Node, see node.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/import/ledger.h"
#include "supervisor/import/node.h"
#include "supervisor/model/diagnostic.h"

namespace berth::importing {

enum class SourceKind { compose, quadlet, lxc, kubernetes };

struct SourceFile {
  std::string path;  // as reports show it
  std::string content;
};

struct Settings {
  std::string base = "/";          // an absolute path: relative ones in the sources are below it
  std::string etc = "/etc/berth";  // where the definitions will lie, for what refers to their files
  std::string variables;           // "NAME=value" lines for ${NAME} in compose files
  std::function<Result<std::string>(const std::string& path)> read;
};

struct OutputFile {
  std::string path;  // "containers/web.toml": relative to /etc/berth
  std::string content;
  bool secret = false;  // for the eyes of root alone
};

struct Imported {
  std::vector<OutputFile> files;
  std::vector<Entry> entries;
  // What the produced files say that this version does not do yet, a sentence each.
  std::vector<std::string> not_yet;
  // The sources could not be understood: nothing was produced.
  std::vector<Diagnostic> errors;
  // With what became of every value of them.
  std::vector<Node> sources;
};

Imported import_sources(SourceKind kind, const std::vector<SourceFile>& files,
                        const Settings& settings);

// The second half of it, from sources that have been read.
Imported import_nodes(SourceKind kind, std::vector<Node> sources, const Settings& settings);

}  // namespace berth::importing
