#include "supervisor/base/zone_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <unistd.h>

#include "supervisor/base/files.h"

namespace berth {

namespace {

const std::string kDatabase = "/usr/share/zoneinfo";
constexpr std::size_t kMostBytes = 256 << 10;  // the largest of tzdata has 4 KiB

std::unexpected<Error> damaged(std::string_view how) {
  return fail("this is no TZif file: " + std::string(how));
}

struct Header {
  char version = 0;
  std::uint32_t utc_marks = 0;
  std::uint32_t standard_marks = 0;
  std::uint32_t leaps = 0;
  std::uint32_t changes = 0;
  std::uint32_t types = 0;
  std::uint32_t letters = 0;
};

// One data block; all counts are checked against the bytes before anything is made of them.
class Block {
 public:
  explicit Block(std::string_view& bytes) : bytes_(bytes) {}

  Result<void> read_header() {
    constexpr std::size_t kHeader = 44;
    if (bytes_.size() < kHeader || !bytes_.starts_with("TZif")) return damaged("its header");
    header_.version = bytes_[4];
    std::string_view counts = bytes_.substr(20, 24);
    for (std::uint32_t* count : {&header_.utc_marks, &header_.standard_marks, &header_.leaps,
                                 &header_.changes, &header_.types, &header_.letters}) {
      *count = static_cast<std::uint32_t>(take(counts, 4));
      if (*count > kMostBytes) return damaged("its counts");
    }
    bytes_.remove_prefix(kHeader);
    if (header_.types == 0 || header_.types > 256) return damaged("its types");
    return {};
  }

  [[nodiscard]] const Header& header() const { return header_; }

  Result<void> skip(std::size_t time_size) {
    if (bytes_.size() < size(time_size)) return damaged("it is cut off");
    bytes_.remove_prefix(size(time_size));
    return {};
  }

  // Moves past the block.
  Result<void> read(std::size_t time_size) {
    if (bytes_.size() < size(time_size)) return damaged("it is cut off");
    std::vector<UnixSeconds> times(header_.changes);
    for (UnixSeconds& time : times) time = take(bytes_, time_size);
    if (!std::ranges::is_sorted(times)) return damaged("its changes are not in the order of time");
    std::string_view indexes = bytes_.substr(0, header_.changes);
    bytes_.remove_prefix(header_.changes);
    std::vector<ZoneOffset> types(header_.types);
    for (ZoneOffset& type : types) TRY(read_type(type));
    first_ = types.front();
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto index = static_cast<unsigned char>(indexes[i]);
      if (index >= types.size()) return damaged("a change to a type that is not there");
      changes_.push_back({times[i], types[index]});
    }
    bytes_.remove_prefix(header_.letters);
    TRY(read_leaps(time_size));
    bytes_.remove_prefix(header_.standard_marks + header_.utc_marks);
    return {};
  }

  // The rule behind the block, between two line feeds; empty: none.
  Result<ZoneRules> with_rule() {
    std::optional<ZoneRule> rule;
    if (bytes_.starts_with('\n')) {
      const std::size_t end = bytes_.find('\n', 1);
      if (end == std::string_view::npos) return damaged("its last line is cut off");
      if (end > 1) rule = TRY(parse_zone_rule(bytes_.substr(1, end - 1)));
    }
    count_leaps(rule);
    return ZoneRules(first_, std::move(changes_), std::move(rule));
  }

 private:
  struct Leap {
    UnixSeconds at = 0;
    std::int32_t seconds = 0;  // all leap seconds so far
  };

  [[nodiscard]] std::size_t size(std::size_t time_size) const {
    return std::size_t{header_.changes} * (time_size + 1) + std::size_t{header_.types} * 6 +
           header_.letters + std::size_t{header_.leaps} * (time_size + 4) + header_.standard_marks +
           header_.utc_marks;
  }

  // A big-endian number with a sign.
  static std::int64_t take(std::string_view& bytes, std::size_t size) {
    std::uint64_t value = static_cast<unsigned char>(bytes[0]) & 0x80u ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    bytes.remove_prefix(size);
    return static_cast<std::int64_t>(value);
  }

  Result<void> read_type(ZoneOffset& type) {
    const std::int64_t seconds = take(bytes_, 4);
    type = {static_cast<std::int32_t>(seconds), take(bytes_, 1) != 0};
    bytes_.remove_prefix(1);
    // RFC 8536 asks for less than 25 and 26 hours.
    if (seconds <= -90000 || seconds >= 93600) return damaged("an offset of more than a day");
    return {};
  }

  Result<void> read_leaps(std::size_t time_size) {
    for (std::uint32_t i = 0; i < header_.leaps; ++i) {
      const UnixSeconds at = take(bytes_, time_size);
      const std::int64_t seconds = take(bytes_, 4);
      if (seconds < -3600 || seconds > 3600) return damaged("more than an hour of leap seconds");
      leaps_.push_back({at, static_cast<std::int32_t>(seconds)});
    }
    return {};
  }

  // The zones below right/ count leap seconds: their clocks are behind by as many.
  void count_leaps(std::optional<ZoneRule>& rule) {
    if (leaps_.empty()) return;
    ZoneOffset plain = first_;
    std::int32_t behind = 0;
    std::vector<ZoneRules::Change> counted;
    auto change = changes_.begin();
    auto leap = leaps_.begin();
    while (change != changes_.end() || leap != leaps_.end()) {
      const bool is_leap =
          change == changes_.end() || (leap != leaps_.end() && leap->at < change->at);
      const UnixSeconds at = is_leap ? leap->at : change->at;
      if (is_leap) {
        behind = (leap++)->seconds;
      } else {
        plain = (change++)->offset;
      }
      counted.push_back({at, {plain.seconds - behind, plain.summer}});
    }
    changes_ = std::move(counted);
    if (!rule) return;
    rule->standard.seconds -= behind;
    rule->summer.seconds -= behind;
  }

  std::string_view& bytes_;
  Header header_;
  ZoneOffset first_;
  std::vector<ZoneRules::Change> changes_;
  std::vector<Leap> leaps_;
};

Result<ZoneRules> load(const std::string& path) {
  auto bytes = read_small_file(path, kMostBytes);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  auto rules = parse_zone_file(*bytes);
  if (!rules) return std::unexpected(std::move(rules).error().within("cannot read " + path));
  return rules;
}

}  // namespace

Result<ZoneRules> parse_zone_file(std::string_view bytes) {
  Block old(bytes);
  TRY(old.read_header());
  if (old.header().version == 0) {
    TRY(old.read(4));
    return old.with_rule();
  }
  TRY(old.skip(4));
  Block block(bytes);
  TRY(block.read_header());
  TRY(block.read(8));
  return block.with_rule();
}

bool is_zone_name(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  if (text.empty() || text.size() > kLongest || text.front() == '/' || text.back() == '/') {
    return false;
  }
  if (text.find("//") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char at) {
    return (at >= 'a' && at <= 'z') || (at >= 'A' && at <= 'Z') || (at >= '0' && at <= '9') ||
           at == '-' || at == '_' || at == '+' || at == '/';
  });
}

Result<ZoneRules> load_zone(const std::string& name) {
  if (name == "UTC") return ZoneRules();
  if (!is_zone_name(name)) return fail("\"" + name + "\" is not the name of a time zone");
  auto rules = load(kDatabase + "/" + name);
  if (rules) return rules;
  if (::access(kDatabase.c_str(), F_OK) != 0) {
    return fail("the time zone \"" + name + "\" is not known: " + kDatabase +
                " is not there (package tzdata)");
  }
  return fail("there is no time zone \"" + name + "\"");
}

Result<ZoneRules> load_local_zone() {
  auto rules = load("/etc/localtime");
  if (!rules && rules.error().code == ENOENT) return ZoneRules();
  return rules;
}

}  // namespace berth
