// How the enumerations of a spec are written in definitions: one table for reading and writing.
#pragma once

#include <span>
#include <string_view>

#include "supervisor/model/spec.h"

namespace berth {

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};

// All words of an enumeration, in the order in which they are listed to people. The argument
// only chooses the enumeration.
std::span<const Word<ContainerType>> words_of(ContainerType);
std::span<const Word<MountType>> words_of(MountType);
std::span<const Word<DependencyCondition>> words_of(DependencyCondition);
std::span<const Word<RestartPolicy>> words_of(RestartPolicy);
std::span<const Word<NetworkMode>> words_of(NetworkMode);
std::span<const Word<Protocol>> words_of(Protocol);
std::span<const Word<LogDriver>> words_of(LogDriver);
std::span<const Word<HealthAction>> words_of(HealthAction);
std::span<const Word<ApplyMode>> words_of(ApplyMode);
std::span<const Word<RollbackMode>> words_of(RollbackMode);
std::span<const Word<VerifyMode>> words_of(VerifyMode);

// "on-failure" for RestartPolicy::on_failure.
template <class Enum>
std::string_view word_of(Enum value) {
  for (const auto& word : words_of(value)) {
    if (word.value == value) return word.text;
  }
  return "?";
}

}  // namespace berth
