// For tests only: names as an attacker would choose them, the same in every run.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace berth::network::testing {

class HostileNames {
 public:
  // Pieces that mean something to netlink, nft, JSON, paths or terminals, in random company; some
  // longer than every limit, some exactly at one.
  std::string next() {
    static const std::string_view kPieces[] = {
        "\"",      "\\",       "'",         "}",         "]}",           "{\"", "\n",    "*",
        "@set",    "$x",       "../",       "/",         "%s%n",         ";",   "#",     " ",
        "\x1b[2J", "\xff\xfe", "\xc3\x28",  "eth0",      "web",          "lo",  "0",     "-",
        ".",       "..",       "127.0.0.1", "0.0.0.0/0", "drop",         "add", "flush", ",",
        ":",       "\t",       "\r\n",      "null",      "\xe2\x80\xae", "a"};
    std::string name;
    const std::size_t pieces = number(6);
    for (std::size_t i = 0; i < pieces; ++i) name += kPieces[number(std::size(kPieces))];
    switch (number(8)) {
      case 0: name.resize(15 + number(3), 'x'); break;
      case 1: name.resize(255 + number(3), 'y'); break;
      case 2: name.resize(65530 + number(12), 'z'); break;
      case 3: name.insert(name.begin() + static_cast<long>(number(name.size() + 1)), '\0'); break;
      default: break;
    }
    return name;
  }
  std::size_t number(std::size_t below) { return random_() % below; }

 private:
  std::mt19937_64 random_{20260101};
};

inline constexpr int kHostileNameCount = 10000;

}  // namespace berth::network::testing
