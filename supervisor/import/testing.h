// The inputs below tests/import, for the tests of this folder.
//
//   compose/NAME.yaml     with NAME.env its variables, and NAME.files/ what it refers to
//   kubernetes/NAME.yaml
//   lxc/NAME.conf         or NAME.files/… for what it includes
//   quadlet/NAME/         the units of one directory
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/import/import.h"

namespace berth::importing::testing {

namespace fs = std::filesystem;

inline std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

struct Input {
  SourceKind kind = SourceKind::compose;
  std::string name;
  fs::path path;
  std::vector<SourceFile> files;
  Settings settings;
};

inline std::vector<SourceFile> files_below(const fs::path& directory) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    files.push_back({entry.path().lexically_relative(directory.parent_path()).string(),
                     content_of(entry.path())});
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

// Where the file of an input would be: what lies beside it is below NAME.files.
inline Settings settings_of(const fs::path& path) {
  const std::string base = "/srv/" + path.stem().string();
  Settings settings;
  settings.base = base;
  settings.variables = content_of(fs::path(path).replace_extension(".env"));
  const std::string beside = fs::path(path).replace_extension(".files").string();
  settings.read = [base, beside](const std::string& wanted) -> Result<std::string> {
    const std::string real = wanted.starts_with(base) ? beside + wanted.substr(base.size()) : "";
    if (!fs::is_regular_file(real)) return fail_errno("cannot open " + wanted, ENOENT);
    return content_of(real);
  };
  return settings;
}

inline std::vector<Input> inputs() {
  const std::vector<std::pair<const char*, SourceKind>> kinds{
      {"compose", SourceKind::compose},
      {"quadlet", SourceKind::quadlet},
      {"lxc", SourceKind::lxc},
      {"kubernetes", SourceKind::kubernetes}};
  std::vector<Input> found;
  for (const auto& [folder, kind] : kinds) {
    for (const auto& entry : fs::directory_iterator(fs::path("tests/import") / folder)) {
      const fs::path& path = entry.path();
      const bool whole = entry.is_directory() && path.extension().empty();
      if (!whole && path.extension() != ".yaml" && path.extension() != ".conf") continue;
      Input input{
          kind, std::string(folder) + "/" + path.stem().string(), path, {}, settings_of(path)};
      input.files =
          whole ? files_below(path) : std::vector<SourceFile>{{path.filename(), content_of(path)}};
      found.push_back(std::move(input));
    }
  }
  std::ranges::sort(found, {}, &Input::name);
  return found;
}

inline Imported import_input(const Input& input) {
  return import_sources(input.kind, input.files, input.settings);
}

// All that an import says and makes, as one text.
inline std::string told(const Imported& imported) {
  std::string text;
  for (const OutputFile& file : imported.files) {
    text += "# " + file.path + (file.secret ? " (for root alone)\n" : "\n") + file.content + "\n";
  }
  text += "# report\n";
  for (const Diagnostic& error : imported.errors) text += format(error) + "\n";
  for (const Entry& entry : imported.entries) text += format(entry) + "\n";
  for (const std::string& line : imported.not_yet) text += "not yet: " + line + "\n";
  return text;
}

}  // namespace berth::importing::testing
