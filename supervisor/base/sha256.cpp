#include "supervisor/base/sha256.h"

#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace berth {

namespace {

void require(bool done) {
  if (!done) std::abort();
}

unsigned char* bytes_of(Sha256Digest& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

const unsigned char* bytes_of(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(context_.get(), bytes_of(digest), nullptr) == 1);
  return digest;
}

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

HmacSha256::HmacSha256(std::span<const std::byte, 32> key) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  require(mac != nullptr);
  context_.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);  // the context keeps it
  std::string name = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
      OSSL_PARAM_construct_end()};
  require(context_ &&
          EVP_MAC_init(context_.get(), bytes_of(key), key.size(), parameters.data()) == 1);
}

void HmacSha256::add(std::span<const std::byte> bytes) {
  require(EVP_MAC_update(context_.get(), bytes_of(bytes), bytes.size()) == 1);
}

Sha256Digest HmacSha256::finish() {
  Sha256Digest digest;
  std::size_t size = 0;
  require(EVP_MAC_final(context_.get(), bytes_of(digest), &size, digest.size()) == 1);
  return digest;
}

std::string sha256_hex(std::string_view text) {
  Sha256 sha;
  sha.add(std::as_bytes(std::span(text)));
  return to_hex(sha.finish());
}

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[static_cast<unsigned>(byte) >> 4];
    text += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace berth
