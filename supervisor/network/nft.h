// How nft is run: command lines for `run` steps, NUL-separated. (libnftables is GPL-only.)
#pragma once

#include <string_view>

namespace berth::network {

using namespace std::string_view_literals;

inline constexpr std::string_view kNftApply = "nft\0-j\0-f\0-"sv;
inline constexpr std::string_view kNftListChains = "nft\0-j\0list\0chains"sv;

}  // namespace berth::network
