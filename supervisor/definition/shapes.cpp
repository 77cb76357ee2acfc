#include "supervisor/definition/shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <expected>

#include "supervisor/base/ip_address.h"
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

// What is the same for subnets of both families.
struct SubnetForm {
  unsigned address_bits = 0;
  unsigned prefix_least = 0;
  unsigned prefix_most = 0;
  std::string_view noun;
  std::string_view example;
};

// The number behind the slash; a complaint when there is none, or it is out of range.
std::expected<unsigned, Complaint> prefix_of(std::string_view text, const SubnetForm& form) {
  const std::vector<std::string_view> parts = split(text, '/');
  const auto prefix = parts.size() == 2 ? parse_number(parts[1], form.address_bits) : std::nullopt;
  if (!prefix) return std::unexpected(wrong(text, form.noun, form.example));
  if (*prefix >= form.prefix_least && *prefix <= form.prefix_most)
    return static_cast<unsigned>(*prefix);
  return std::unexpected(Complaint{
      "the prefix length of " + quote(text) + " is out of range",
      "/" + std::to_string(form.prefix_least) + " to /" + std::to_string(form.prefix_most)});
}

Checked check_subnet(std::string_view text) {
  constexpr SubnetForm kForm{32, 8, 30, "a subnet", "10.20.0.0/24"};
  const auto address = parse_ipv4(text.substr(0, text.find('/')));
  if (!address) return wrong(text, kForm.noun, kForm.example);
  const auto prefix = prefix_of(text, kForm);
  if (!prefix) return prefix.error();
  Ipv4Subnet subnet{*address, *prefix};
  subnet.base.value &= subnet.mask();
  if (subnet.base == *address) return std::nullopt;
  return Complaint{quote(text) + " is an address within a subnet", quote(format(subnet))};
}

// Texts are compared, and stand in lists, so there is one for each address.
Checked check_spelling(std::string_view text, const std::string& canonical) {
  if (text == canonical) return std::nullopt;
  return Complaint{quote(text) + " is not how this address is written", quote(canonical)};
}

Checked check_subnet6(std::string_view text) {
  constexpr SubnetForm kForm{128, Ipv6Subnet::kPrefixLeast, Ipv6Subnet::kPrefixMost,
                             "an IPv6 subnet", "fd00:20::/64"};
  const auto address = parse_ipv6(text.substr(0, text.find('/')));
  if (!address) return wrong(text, kForm.noun, kForm.example);
  const auto prefix = prefix_of(text, kForm);
  if (!prefix) return prefix.error();
  if (const auto use = reserved_use(*address); !use.empty()) {
    return Complaint{quote(text) + " is of " + std::string(use),
                     "a subnet of fd00::/8, or your own"};
  }
  const Ipv6Subnet subnet{address->network(*prefix), *prefix};
  if (subnet.base == *address) return check_spelling(text, format(subnet));
  return Complaint{quote(text) + " is an address within a subnet", quote(format(subnet))};
}

Checked check_ipv6(std::string_view text) {
  const auto address = parse_ipv6(text);
  if (!address) return wrong(text, "an IPv6 address", "fd00:20::10");
  return check_spelling(text, format(*address));
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

Checked check_device_path(std::string_view text) {
  if (auto complaint = check_absolute_path(text)) return complaint;
  if (text.starts_with("/dev/") && text.size() > 5) return std::nullopt;
  return wrong(text, "a device", "a path below /dev");
}

Checked check_seccomp(std::string_view text) {
  if (text == "default" || text == "unconfined" || text.starts_with('/')) {
    return text.starts_with('/') ? check_absolute_path(text) : std::nullopt;
  }
  return Complaint{quote(text) + " is not known here",
                   "default, unconfined, or the absolute path of a file in the OCI format"};
}

Checked check_relative_path(std::string_view text) {
  for (const std::string_view part : split(text, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return wrong(text, "a path below a directory", "such as hosts/alpha");
    }
  }
  return std::nullopt;
}

Checked check_secret_name(std::string_view text) {
  const bool good = text.size() <= 63 && text[0] != '.' && std::ranges::all_of(text, [](char c) {
                      return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
                    });
  if (good) return std::nullopt;
  return wrong(text, "the name of a secret",
               "letters, digits, \"_\", \"-\" and \".\", as db_password");
}

// What belongs to a namespace that the container has of its own: ipc_namespaces(7),
// network_namespaces(7), uts_namespaces(7).
Checked check_sysctl_name(std::string_view text) {
  const bool plain = std::ranges::all_of(split(text, '.'), [](std::string_view part) {
    // A "/" stands for a dot within a link's name: never alone, where it would be a way up.
    return !part.empty() && part.find_first_not_of('/') != part.npos &&
           std::ranges::all_of(part, [](char c) {
             return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '/';
           });
  });
  if (!plain) return wrong(text, "the name of a sysctl", "as \"net.core.somaxconn\"");
  constexpr std::array<std::string_view, 10> kOwn{
      "kernel.domainname", "kernel.msgmax", "kernel.msgmnb",
      "kernel.msgmni",     "kernel.sem",    "kernel.shmall",
      "kernel.shmmax",     "kernel.shmmni", "kernel.shm_rmid_forced",
      "kernel.hostname"};
  if (text == "kernel.hostname") return Complaint{"the host name has a key of its own", "hostname"};
  if (text.starts_with("net.") || text.starts_with("fs.mqueue.")) return std::nullopt;
  if (std::ranges::find(kOwn, text) != kOwn.end()) return std::nullopt;
  return Complaint{quote(text) + " belongs to the whole host, not to a container",
                   "net.*, fs.mqueue.*, kernel.msg*, kernel.sem or kernel.shm*"};
}

Checked check_label_name(std::string_view text) {
  if (text.size() <= 255 && !has_control(text)) return std::nullopt;
  return wrong(text, "the name of a label", "no control characters, at most 255 bytes");
}

// "memory.oom.group": a controller's name, a dot, and no way out of the directory.
Checked check_cgroup_file(std::string_view text) {
  const bool good = text.size() <= 255 && is_lower(text[0]) && text.find('.') != text.npos &&
                    std::ranges::all_of(text, [](char c) {
                      return is_letter(c) || is_digit(c) || c == '_' || c == '.';
                    });
  if (!good) return wrong(text, "a file of a cgroup", "as \"memory.oom.group\"");
  if (text.starts_with("cgroup.")) {
    return Complaint{quote(text) + " is berth's own to write", "leave it out"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Complaint> check_shape(Shape shape, std::string_view text) {
  const bool may_be_empty = shape == Shape::any || shape == Shape::command || shape == Shape::hook;
  if (!may_be_empty && text.empty()) {
    return Complaint{"this must not be empty", ""};
  }
  switch (shape) {
    case Shape::any:
    case Shape::positive:
    case Shape::command:
    case Shape::hook:
    case Shape::not_empty: return std::nullopt;
    case Shape::path_list:
    case Shape::absolute_path: return check_absolute_path(text);
    case Shape::relative_path: return check_relative_path(text);
    case Shape::block_device: return check_device_path(text);
    case Shape::seccomp: return check_seccomp(text);
    case Shape::secret_name: return check_secret_name(text);
    case Shape::sysctl_name: return check_sysctl_name(text);
    case Shape::label_name: return check_label_name(text);
    case Shape::cgroup_file: return check_cgroup_file(text);
    case Shape::ipv6_subnet: return check_subnet6(text);
    case Shape::ipv6: return check_ipv6(text);
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
