#include "supervisor/definition/shapes.h"

#include <algorithm>
#include <charconv>

#include "supervisor/model/capabilities.h"

namespace berth::definition {

namespace {

constexpr size_t kPathBytesMost = 4095;          // PATH_MAX without the NUL
constexpr size_t kLinkBytesMost = 15;            // IFNAMSIZ without the NUL
constexpr std::uint64_t kProcessorMost = 8191;   // CONFIG_NR_CPUS goes up to 8192
constexpr std::uint64_t kUserMost = 0xfffffffe;  // (uid_t) -1 means "leave it as it is"

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

using Checked = std::optional<Complaint>;

Complaint wrong(std::string_view text, std::string_view what, std::string_view remedy) {
  return Complaint{quote(text) + " is not " + std::string(what), std::string(remedy)};
}

Checked check_absolute_path(std::string_view text) {
  if (!text.starts_with('/')) {
    return wrong(text, "an absolute path", text.empty() ? "/srv" : "it must begin with \"/\"");
  }
  for (const std::string_view part : split(text, '/')) {
    if (part == "..") {
      return Complaint{"the path " + quote(text) + " has a component \"..\"",
                       "write the path that is meant"};
    }
    if (part.size() > 255) return Complaint{"a component of the path is longer than 255 bytes", ""};
  }
  if (text.size() > kPathBytesMost) return Complaint{"the path is longer than 4095 bytes", ""};
  return std::nullopt;
}

Checked check_cgroup_name(std::string_view text) {
  for (const std::string_view part : split(text, '/')) {
    if (part.empty() || part.starts_with('.') || part.size() > 255) {
      return wrong(text, "a cgroup below the root", "berth, or machine.slice/berth");
    }
  }
  return std::nullopt;
}

Checked check_cpuset(std::string_view text) {
  constexpr std::string_view kRemedy = "\"0-1,3\"";
  std::uint64_t next = 0;
  for (const std::string_view part : split(text, ',')) {
    const size_t dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash), kProcessorMost);
    const auto last =
        dash == part.npos ? first : parse_number(part.substr(dash + 1), kProcessorMost);
    if (!first || !last) return wrong(text, "a list of processors", kRemedy);
    if (*last < *first || *first < next) {
      return Complaint{"the processors in " + quote(text) + " do not ascend", std::string(kRemedy)};
    }
    next = *last + 1;
  }
  return std::nullopt;
}

Checked check_user(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() > 2) return wrong(text, "a user", "uid, uid:gid, name or name:group");
  for (const std::string_view part : parts) {
    const bool number = !part.empty() && std::ranges::all_of(part, is_digit);
    if (number && !parse_number(part, kUserMost)) {
      return Complaint{"the id " + quote(part) + " does not fit 32 bits", "0 to 4294967294"};
    }
    const bool name =
        !part.empty() && part.size() <= 63 && !is_digit(part[0]) && part[0] != '-' &&
        std::ranges::all_of(part, [](char c) {
          return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '$';
        });
    if (!number && !name) return wrong(text, "a user", "uid, uid:gid, name or name:group");
  }
  return std::nullopt;
}

Checked check_subnet(std::string_view text) {
  if (parse_subnet(text)) return std::nullopt;
  const std::vector<std::string_view> parts = split(text, '/');
  const auto address = parse_ipv4(parts[0]);
  const auto bits = parts.size() == 2 ? parse_number(parts[1], 32) : std::nullopt;
  if (!address || !bits) return wrong(text, "a subnet", "10.20.0.0/24");
  if (*bits < 8 || *bits > 30) {
    return Complaint{"the prefix length of " + quote(text) + " is out of range", "/8 to /30"};
  }
  const std::uint32_t network = *address & ~((1u << (32 - *bits)) - 1);
  return Complaint{quote(text) + " is an address within a subnet",
                   "\"" + format_ipv4(network) + "/" + std::string(parts[1]) + "\""};
}

Checked check_link_name(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kLinkBytesMost && text != "." && text != ".." &&
                    std::ranges::all_of(text, [](char c) {
                      return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
                    });
  if (good) return std::nullopt;
  return wrong(text, "the name of a link", "at most 15 letters, digits, \"_\", \"-\" or \".\"");
}

Checked check_table_name(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 31 && is_letter(text[0]) &&
      std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (good) return std::nullopt;
  return wrong(text, "the name of a table", "a letter, then at most 30 letters, digits or \"_\"");
}

Checked check_environment_name(std::string_view text) {
  const bool good = !text.empty() && text.size() <= 255 && std::ranges::none_of(text, [](char c) {
    return c == '=' || c == ' ' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (good) return std::nullopt;
  return wrong(text, "the name of a variable", "no \"=\", no spaces, at most 255 bytes");
}

Checked check_capability(std::string_view text) {
  if (!normal_capability(text).empty()) return std::nullopt;
  const auto names = capability_names();
  const std::string_view near =
      nearest(text, std::vector<std::string_view>(names.begin(), names.end()));
  return wrong(
      text, "a capability",
      near.empty() ? "such as net_admin, or all" : "did you mean " + std::string(near) + "?");
}

}  // namespace

std::optional<Complaint> check_shape(Shape shape, std::string_view text) {
  if (shape != Shape::any && shape != Shape::command && text.empty()) {
    return Complaint{"this must not be empty", ""};
  }
  switch (shape) {
    case Shape::any:
    case Shape::positive:
    case Shape::command:
    case Shape::not_empty: return std::nullopt;
    case Shape::absolute_path: return check_absolute_path(text);
    case Shape::cgroup_name: return check_cgroup_name(text);
    case Shape::cpuset: return check_cpuset(text);
    case Shape::user: return check_user(text);
    case Shape::ipv4_subnet: return check_subnet(text);
    case Shape::link_name: return check_link_name(text);
    case Shape::table_name: return check_table_name(text);
    case Shape::environment_name: return check_environment_name(text);
    case Shape::capability: return check_capability(text);
    case Shape::ipv4:
      if (parse_ipv4(text)) return std::nullopt;
      return wrong(text, "an IPv4 address", "10.20.0.10");
    case Shape::hostname:
      if (is_hostname(text)) return std::nullopt;
      return wrong(text, "a host name",
                   "letters, digits and \"-\", in labels of at most 63 characters");
    case Shape::container_name:
      if (is_container_name(text)) return std::nullopt;
      return wrong(text, "a name",
                   "lower case letters, digits, \"_\", \".\" and \"-\", at most 63 of them");
  }
  return std::nullopt;
}

bool is_container_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && (is_lower(text[0]) || is_digit(text[0])) &&
         std::ranges::all_of(text, [](char c) {
           return is_lower(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;  // HOST_NAME_MAX is 64
  return std::ranges::all_of(split(text, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label,
                               [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  });
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto number = parse_number(part, 255);
    if (!number || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*number);
  }
  return address;
}

std::string format_ipv4(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
         std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}

std::uint32_t Subnet::last() const { return first | ((1u << (32 - bits)) - 1); }

bool Subnet::contains(std::uint32_t address) const { return address >= first && address <= last(); }

bool Subnet::overlaps(const Subnet& other) const {
  return first <= other.last() && other.first <= last();
}

std::optional<Subnet> parse_subnet(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto bits = parse_number(text.substr(slash + 1), 30);
  if (!address || !bits || *bits < 8) return std::nullopt;
  const Subnet subnet{*address, static_cast<unsigned>(*bits)};
  if ((*address & ((1u << (32 - *bits)) - 1)) != 0) return std::nullopt;
  return subnet;
}

std::string normal_capability(std::string_view text) {
  if (text == "all" || text == "ALL") return "all";
  const auto number = capability_number(text);
  return number ? std::string(capability_name(*number)) : std::string();
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || value > most) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace berth::definition
