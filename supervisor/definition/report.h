// Collects what is wrong with one definition: a file, and the drop-ins that were merged over it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/definition/tree.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/diagnostic.h"

namespace berth::definition {

class Report {
 public:
  // `container` is empty for files of networks and of the host.
  Report(std::string file, std::string container)
      : Report(std::vector<std::string>{std::move(file)}, std::move(container)) {}
  // Place::file is an index of `files`, of which there is at least one.
  Report(std::vector<std::string> files, std::string container)
      : files_(std::move(files)), container_(std::move(container)) {}

  void error(Place place, std::string key, std::string problem, std::string remedy = "") {
    error_at(at(place), std::move(key), std::move(problem), std::move(remedy));
  }

  void error_at(SourcePos pos, std::string key, std::string problem, std::string remedy = "") {
    ++count_;
    if (count_ > kMost) return;
    if (count_ == kMost) {
      key.clear();
      problem = "there are more mistakes in this file than the " + std::to_string(kMost - 1) +
                " that are shown";
      remedy.clear();
    }
    remedy = in_language_of(pos.file, std::move(remedy));
    diagnostics_.push_back(Diagnostic{Severity::error, std::move(pos), std::move(key),
                                      std::move(problem), std::move(remedy), container_});
  }

  [[nodiscard]] SourcePos at(Place place) const {
    return SourcePos{files_[place.file], place.line, place.column};
  }
  [[nodiscard]] bool failed() const { return count_ != 0; }
  [[nodiscard]] const std::string& file() const { return files_.front(); }
  [[nodiscard]] std::vector<Diagnostic> take() && { return std::move(diagnostics_); }

 private:
  static constexpr size_t kMost = 101;  // a hostile file has no more to say than this
  std::vector<std::string> files_;
  std::string container_;
  std::vector<Diagnostic> diagnostics_;
  size_t count_ = 0;
};

}  // namespace berth::definition
