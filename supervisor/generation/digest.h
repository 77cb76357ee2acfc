// Digests by which the store names what it keeps: SHA-256, as 64 lower case hexadecimal digits.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "supervisor/base/sha256.h"

namespace berth::generation {

bool is_digest(std::string_view text);

// Digests of shared texts, so that the text of a file that did not change is digested once.
class Digests {
 public:
  const std::string& of(const std::shared_ptr<const std::string>& text);
  // The texts that were asked about, by their digests. Borrowed from here.
  [[nodiscard]] std::unordered_map<std::string_view, const std::string*> texts() const;
  // Forgets those that were not asked for since the last call.
  void forget_unused();

 private:
  struct Known {
    std::shared_ptr<const std::string> text;  // held, so that no other text gets its address
    std::string digest;
    bool used = true;
  };
  std::unordered_map<const std::string*, Known> known_;
};

}  // namespace berth::generation
