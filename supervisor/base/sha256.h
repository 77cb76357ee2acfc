// SHA-256 (FIPS 180-4), and HMAC with it (RFC 2104): content told apart without being kept.
//
// The only user of OpenSSL, whose contexts these are. They fail for want of memory alone, which
// ends the process.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_mac_ctx_st;

namespace berth {

using Sha256Digest = std::array<std::byte, 32>;

class Sha256 {
 public:
  Sha256();
  void add(std::span<const std::byte> bytes);
  // Once, at the end.
  Sha256Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

class HmacSha256 {
 public:
  explicit HmacSha256(std::span<const std::byte, 32> key);
  void add(std::span<const std::byte> bytes);
  // Once, at the end.
  Sha256Digest finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// The digest of a whole text, as 64 lower case hexadecimal digits.
std::string sha256_hex(std::string_view text);

// Lower case hexadecimal.
std::string to_hex(std::span<const std::byte> bytes);

}  // namespace berth
