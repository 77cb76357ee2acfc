// Why a sync did not end in a new checkout: one word for programs, one sentence for people.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "supervisor/base/result.h"

namespace berth::source {

enum class Problem {
  settings,        // what berthd.toml says cannot be
  unreachable,     // no connection, no repository, no access
  ref,             // the ref is not there, or not one
  path,            // the directory is not there
  no_signature,    // the commit is not signed
  bad_signature,   // the signature is not of this content, or not one that can be checked
  unknown_signer,  // a good signature, by a key that is not among the keys
  expired,         // the signature's key has expired or was revoked
  tree,            // a symlink, a submodule or another thing that no definition is
  definitions,     // apply = "set", and a file has an error
  corrupt,         // objects that are broken or not there
  too_large,
  too_slow,
  local,  // something of this host: no git, no space
};
std::string_view problem_name(Problem problem);

struct Failure {
  Problem problem = Problem::local;
  std::string what;
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failed(Problem problem, std::string what) {
  return std::unexpected(Failure{problem, std::move(what)});
}

// An error of ours as a failure of this kind.
template <class T>
Outcome<T> as(Problem problem, Result<T> result) {
  if (!result) return failed(problem, result.error().message());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(result).value();
  }
}

}  // namespace berth::source
