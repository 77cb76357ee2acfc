// A small deterministic source of randomness: the same numbers on every machine.
#pragma once

#include <cstdint>

#include "supervisor/base/clock.h"

namespace berth::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

  // splitmix64, by Sebastiano Vigna.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // From least to most, both included.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  Duration milliseconds(std::int64_t least, std::int64_t most) {
    return std::chrono::milliseconds(between(least, most));
  }
  template <class Container>
  auto& pick(Container& container) {
    return container[static_cast<std::size_t>(
        between(0, static_cast<std::int64_t>(container.size()) - 1))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace berth::simulation
