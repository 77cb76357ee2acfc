#include "supervisor/base/sha256.h"

#include <algorithm>
#include <string_view>

#include <doctest/doctest.h>

using namespace berth;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string sha256_of(std::string_view text, std::size_t piece) {
  Sha256 hash;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    hash.add(bytes_of(text.substr(0, piece)));
  }
  return to_hex(hash.finish());
}

}  // namespace

TEST_CASE("SHA-256 of the examples of FIPS 180-4, in pieces of any size") {
  const std::string million(1000000, 'a');
  for (const std::size_t piece : {1u, 7u, 63u, 64u, 65u, 1000u}) {
    CHECK(sha256_of("", piece) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_of("abc", piece) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", piece) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_of(million, piece) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST_CASE("HMAC-SHA-256 of an example of RFC 4231, and another key tells another digest") {
  // Its key of 20 bytes, filled up with zeros, is the same key.
  std::array<std::byte, 32> key{};
  std::ranges::fill(std::span(key).first(20), std::byte{0x0b});
  HmacSha256 mac(key);
  mac.add(bytes_of("Hi There"));
  CHECK(to_hex(mac.finish()) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  key[31] = std::byte{1};
  HmacSha256 other(key);
  other.add(bytes_of("Hi There"));
  CHECK(to_hex(other.finish()) !=
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}
