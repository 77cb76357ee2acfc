// berth import: definitions from the files of other tools, and a report of what is lost.
#include "supervisor/import/import.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "supervisor/base/files.h"
#include "supervisor/cli/command.h"
#include "supervisor/control/documents.h"
#include "supervisor/import/output.h"

namespace berth::cli {

namespace {

namespace fs = std::filesystem;
using importing::Entry;
using importing::Imported;
using importing::Loss;
using importing::SourceKind;

const std::map<std::string, SourceKind> kKinds{{"compose", SourceKind::compose},
                                               {"quadlet", SourceKind::quadlet},
                                               {"lxc", SourceKind::lxc},
                                               {"kubernetes", SourceKind::kubernetes}};

bool is_quadlet(const fs::path& path) {
  constexpr std::array<std::string_view, 8> kEndings{".container", ".network", ".volume", ".pod",
                                                     ".kube",      ".image",   ".build",  ".timer"};
  const std::string ending = path.extension().string();
  if (std::ranges::find(kEndings, ending) != kEndings.end()) return true;
  return ending == ".conf" && path.parent_path().extension() == ".d";
}

// The files of a directory that belong to the kind, by name; a file is itself.
Result<std::vector<std::string>> files_of(SourceKind kind, const std::string& given) {
  std::error_code failure;
  if (!fs::is_directory(given, failure)) return std::vector<std::string>{given};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator entry(given, failure), end; entry != end && !failure;
       entry.increment(failure)) {
    const fs::path& path = entry->path();
    const bool yaml = path.extension() == ".yaml" || path.extension() == ".yml";
    const bool fits = kind == SourceKind::quadlet      ? is_quadlet(path)
                      : kind == SourceKind::kubernetes ? yaml
                                                       : false;
    if (fits && entry->is_regular_file(failure)) files.push_back(path.string());
  }
  if (failure) return fail("cannot read " + given + ": " + failure.message());
  if (files.empty()) return fail("there is nothing to import in " + given);
  std::ranges::sort(files);
  return files;
}

nlohmann::json document_of(const Imported& imported) {
  nlohmann::json entries = nlohmann::json::array();
  for (const Entry& entry : imported.entries) {
    entries.push_back({{"file", entry.place.file},
                       {"line", entry.place.line},
                       {"column", entry.place.column},
                       {"key", entry.key},
                       {"loss", name_of(entry.loss)},
                       {"what", entry.what},
                       {"instead", entry.instead},
                       {"text", format(entry)}});
  }
  nlohmann::json files = nlohmann::json::array();
  for (const importing::OutputFile& file : imported.files) files.push_back(file.path);
  return {{"files", files}, {"entries", entries}, {"not_yet", imported.not_yet}};
}

class Import : public Command {
 public:
  void declare(Options& options) override {
    options.argument("KIND", kind_, true, "compose, quadlet, lxc or kubernetes");
    options.argument("FILE|DIR", given_, true,
                     "what to import; a directory of Quadlets or of manifests");
    options.option("--output", directory_, "write the files there, laid out as /etc/berth");
    options.flag("--force", force_, "write over files that are there already");
    options.option("--report", report_file_, "write the report to this file");
    options.option("--env-file", env_file_, "variables of a compose file; without it .env");
    options.option("--base", base_, "where relative paths begin; without it where FILE is");
    options.choice("-o", format_, {"text", "json"}, "the report as text (the default), or json");
    options.footer(
        "Without --output the files are printed, each below a comment with its path. The report\n"
        "goes to stderr: every key that has no counterpart (lost), that has one that differs\n"
        "(changed), or that is worth knowing (note), by file, line and column.\n"
        "Exit codes: 0 all was carried over; 2 something was lost or changed; 1 an error.");
  }

  Result<int> run(const Context& context) override {
    const auto kind = kKinds.find(kind_);
    if (kind == kKinds.end()) {
      complain("berth: there is nothing of kind \"" + escaped(kind_) +
               "\" to import (compose, quadlet, lxc or kubernetes)\n");
      return kUsage;
    }
    std::vector<importing::SourceFile> sources;
    for (const std::string& path : TRY(files_of(kind->second, given_))) {
      sources.push_back({path, TRY(read_small_file(path))});
    }
    const importing::Settings settings = TRY(settings_of(context));
    const Imported imported = import_sources(kind->second, sources, settings);
    if (!imported.errors.empty()) {
      for (const Diagnostic& error : imported.errors) complain(escaped(format(error)) + "\n");
      return kError;
    }
    if (imported.files.empty()) return fail("there is nothing in " + given_ + " to import");
    TRY(write(imported));
    TRY(report(imported));
    const bool lossless = std::ranges::all_of(
        imported.entries, [](const Entry& entry) { return entry.loss == Loss::note; });
    return lossless ? kDone : kChanges;
  }

 private:
  Result<importing::Settings> settings_of(const Context& context) const {
    importing::Settings settings;
    std::error_code failure;
    const fs::path whole = fs::absolute(given_, failure).lexically_normal();
    if (failure) return fail("cannot find " + given_ + ": " + failure.message());
    const fs::path home = fs::is_directory(whole, failure) ? whole : whole.parent_path();
    settings.base = base_.empty() ? home.string() : fs::absolute(base_, failure).string();
    settings.etc = context.paths.root + "/etc/berth";
    settings.read = [](const std::string& path) { return read_small_file(path); };
    if (!env_file_.empty()) {
      settings.variables = TRY(read_small_file(env_file_));
    } else if (auto variables = read_small_file((home / ".env").string())) {
      settings.variables = std::move(*variables);
    }
    return settings;
  }

  Result<void> write(const Imported& imported) const {
    if (!directory_.empty()) return importing::write_files(directory_, imported.files, force_);
    for (const importing::OutputFile& file : imported.files) {
      print("# " + file.path + "\n" + file.content +
            (file.content.ends_with('\n') ? "\n" : "\n\n"));
    }
    return {};
  }

  Result<void> report(const Imported& imported) const {
    std::string text;
    if (format_ == "json") {
      text = control::indented(document_of(imported).dump(
                 -1, ' ', false, nlohmann::json::error_handler_t::replace)) +
             "\n";
    } else {
      text = report_text(imported);
    }
    if (report_file_.empty()) {
      complain(text);
      return {};
    }
    return write_in_place(report_file_, text, 0644);
  }

  static std::string report_text(const Imported& imported) {
    std::string text;
    std::map<Loss, std::size_t> counts;
    for (const Entry& entry : imported.entries) {
      text += escaped(format(entry)) + "\n";
      ++counts[entry.loss];
    }
    for (const std::string& line : imported.not_yet) {
      text += "not supported by this version yet: " + escaped(line) + "\n";
    }
    const auto count = [](std::size_t number, const std::string& noun) {
      return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
    };
    return text + count(imported.files.size(), "file") + "; " + std::to_string(counts[Loss::lost]) +
           " lost, " + std::to_string(counts[Loss::changed]) + " changed, " +
           count(counts[Loss::note], "note") + "\n";
  }

  std::string kind_;
  std::string given_;
  std::string directory_;
  std::string report_file_;
  std::string env_file_;
  std::string base_;
  std::string format_;
  bool force_ = false;
};

}  // namespace

CommandPtr make_import() { return std::make_unique<Import>(); }

}  // namespace berth::cli
