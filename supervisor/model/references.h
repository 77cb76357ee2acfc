// The files of the host that a definition refers to: their content is part of what is wanted.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/spec.h"

namespace berth {

struct FileReference {
  enum class Kind { env_file, secret, watched };
  Kind kind = Kind::watched;
  std::string key;   // "env_file[0]", "secrets.db_password", "update.watch[1]"
  std::string path;  // absolute, on the host
  // Without it the container cannot start. (A watched file may come and go.)
  [[nodiscard]] bool needed() const { return kind != Kind::watched; }
  bool operator==(const FileReference&) const = default;
};

// Costs nothing, for the loop's every turn.
inline bool refers_to_files(const ContainerSpec& spec) {
  return !spec.env_file.empty() || !spec.secrets.empty() || !spec.update.watch.empty();
}
// In the order in which they are read: env_file, secrets, update.watch.
std::vector<FileReference> file_references(const ContainerSpec& spec);

}  // namespace berth
