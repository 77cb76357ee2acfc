#include "supervisor/generation/digest.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <openssl/evp.h>

namespace berth::generation {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // Fails for want of memory alone.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{size} * 2);
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

const std::string& Digests::of(const std::shared_ptr<const std::string>& text) {
  Known& known = known_[text.get()];
  if (!known.text) known = {text, sha256(*text)};
  known.used = true;
  return known.digest;
}

std::unordered_map<std::string_view, const std::string*> Digests::texts() const {
  std::unordered_map<std::string_view, const std::string*> texts;
  for (const auto& [text, known] : known_) texts[known.digest] = text;
  return texts;
}

void Digests::forget_unused() {
  std::erase_if(known_, [](const auto& each) { return !each.second.used; });
  for (auto& [text, known] : known_) known.used = false;
}

}  // namespace berth::generation
