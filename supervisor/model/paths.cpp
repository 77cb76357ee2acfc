#include "supervisor/model/paths.h"

namespace berth {

Paths Paths::below(std::string_view root) {
  while (!root.empty() && root.back() == '/') root.remove_suffix(1);
  return Paths{std::string(root)};
}

}  // namespace berth
