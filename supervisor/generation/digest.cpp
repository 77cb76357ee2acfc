#include "supervisor/generation/digest.h"

#include <algorithm>

#include "supervisor/base/sha256.h"
namespace berth::generation {

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

const std::string& Digests::of(const std::shared_ptr<const std::string>& text) {
  Known& known = known_[text.get()];
  if (!known.text) known = {text, sha256_hex(*text)};
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
