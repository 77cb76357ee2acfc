// SHA-256 (FIPS 180-4), and HMAC with it (RFC 2104): content told apart without being kept.
//
// No allocation, no errors. Not meant for anything that has to resist timing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace berth {

using Sha256Digest = std::array<std::byte, 32>;

class Sha256 {
 public:
  void add(std::span<const std::byte> bytes) noexcept;
  // Once, at the end.
  Sha256Digest finish() noexcept;

 private:
  static constexpr std::size_t kBlock = 64;
  void take_block(const std::byte* block) noexcept;

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, kBlock> pending_{};
  std::uint64_t size_ = 0;  // bytes so far
};

class HmacSha256 {
 public:
  explicit HmacSha256(std::span<const std::byte, 32> key) noexcept;
  void add(std::span<const std::byte> bytes) noexcept { inner_.add(bytes); }
  Sha256Digest finish() noexcept;

 private:
  Sha256 inner_;
  Sha256 outer_;
};

// Lower case hexadecimal.
std::string to_hex(std::span<const std::byte> bytes);

}  // namespace berth
