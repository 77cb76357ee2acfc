#include "supervisor/runtime/places.h"

namespace berth::runtime {

Error error_at(const ContainerSpec& spec, const std::string& key, const std::string& problem) {
  const std::string place = format(where_of(spec, key));
  return Error{(place.empty() ? "" : place + ": ") + key + ": " + problem, 0};
}

handoff::Origin origin_of(const ContainerSpec& spec, const std::string& key,
                          const std::string& value) {
  const SourcePos pos = where_of(spec, key);
  return {value.empty() ? key : key + ": " + value, pos.file, pos.line, pos.column};
}

}  // namespace berth::runtime
