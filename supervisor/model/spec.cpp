#include "supervisor/model/spec.h"

namespace berth {

// "mounts[0].source" was perhaps not written where it is asked for; then its nearest written
// parent is the place to show: "mounts[0]", "mounts", at last the definition as a whole.
SourcePos where_of(const ContainerSpec& spec, const std::string& key) {
  std::string candidate = key;
  while (true) {
    const auto found = spec.where.find(candidate);
    if (found != spec.where.end()) return found->second;
    if (candidate.empty()) return SourcePos{};
    const size_t end = candidate.find_last_of(".[");
    candidate.resize(end == std::string::npos ? 0 : end);
  }
}

}  // namespace berth
