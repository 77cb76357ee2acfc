#include "supervisor/model/diagnostic.h"

namespace berth {

std::string format(const SourcePos& pos) {
  std::string text = pos.file;
  if (pos.line == 0) return text;
  text += ":" + std::to_string(pos.line);
  if (pos.column != 0) text += ":" + std::to_string(pos.column);
  return text;
}

std::string format(const Diagnostic& diagnostic) {
  std::string text = format(diagnostic.pos);
  text += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
  if (!diagnostic.key.empty()) text += diagnostic.key + ": ";
  text += diagnostic.problem;
  if (!diagnostic.remedy.empty()) text += " (" + diagnostic.remedy + ")";
  return text;
}

}  // namespace berth
