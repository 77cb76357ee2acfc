// What a definition file says, whichever format it is written in: a tree of values, each with the
// place where it was written. The readers make it, decode.cpp turns it into specs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::definition {

// Line and column count from 1; columns count characters, not bytes. 0: not known.
// `file` counts the files that a tree was merged from; see Report.
struct Place {
  unsigned line = 0;
  unsigned column = 0;
  unsigned file = 0;
  auto operator<=>(const Place&) const = default;
};

struct Value;
struct Member;

struct Null {
  bool operator==(const Null&) const = default;
};
// Something the reader has already complained about: decoding passes over it in silence.
struct Broken {
  bool operator==(const Broken&) const = default;
};
using List = std::vector<Value>;
using Table = std::vector<Member>;  // in the file's order, no key twice

struct Value {
  std::variant<Null, Broken, bool, std::int64_t, double, std::string, List, Table> data;
  Place place;

  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&data);
  }
};

struct Member {
  std::string key;
  Place place;  // of the key
  Value value;
};

// Bounds on every file, so that none can hold the loop up or exhaust memory or stack.
constexpr std::size_t kFileBytesMost = 1u << 20;
constexpr unsigned kDepthMost = 64;
constexpr std::size_t kNodesMost = 10'000;  // values in one file, aliases counted as often as used

// The place to show for a member: the key's for a list or table, else the value's own.
Place place_of(const Member& member);

// "the integer 512", "the string \"abc\"", "a list": what was found, for messages.
std::string describe(const Value& value);

}  // namespace berth::definition
