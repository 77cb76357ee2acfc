#include "supervisor/plan/attachments.h"

namespace berth::planning {

const std::vector<NetworkAttachment>& attachments_of(const ContainerSpec& spec) {
  static const std::vector<NetworkAttachment> kNone;
  static const std::vector<NetworkAttachment> kDefault{NetworkAttachment{.name = "default"}};
  if (spec.network != NetworkMode::bridge) return kNone;
  return spec.networks.empty() ? kDefault : spec.networks;
}

}  // namespace berth::planning
