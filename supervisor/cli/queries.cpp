#include "supervisor/cli/queries.h"

#include "supervisor/control/documents.h"

namespace berth::cli {

Result<std::vector<control::ContainerStatus>> fetch_list(control::Client& client) {
  const std::string document = TRY(client.list());
  return control::parse_list(document);
}

Result<std::optional<control::ContainerStatus>> fetch_status(control::Client& client,
                                                             const std::string& name) {
  for (control::ContainerStatus& status : TRY(fetch_list(client))) {
    if (status.name == name) return std::move(status);
  }
  return std::nullopt;
}

}  // namespace berth::cli
