#include "supervisor/definition/shorthands.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "supervisor/base/ip_address.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/model/words.h"

namespace berth::definition {

namespace {

constexpr std::string_view kPortForm =
    "\"8080:80\", \"0.0.0.0:8080:80\", \"[::]:8080:80\" or \"8080:80/udp\"";

std::optional<Complaint> take_protocol(std::string_view& text, PortSpec& port) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::string_view name = text.substr(slash + 1);
  text = text.substr(0, slash);
  for (const auto& word : words_of(Protocol{})) {
    if (word.text != name) continue;
    port.protocol = word.value;
    return std::nullopt;
  }
  return Complaint{quote(name) + " is not a protocol", "tcp or udp"};
}

// Takes "[::]:" off the front.
std::optional<Complaint> take_ipv6_address(std::string_view& text, PortSpec& port) {
  const size_t end = text.find("]:");
  const auto address = parse_ipv6(text.substr(1, end == text.npos ? end : end - 1));
  if (end == text.npos || !address) {
    return Complaint{quote(text) + " does not begin with an IPv6 address in brackets",
                     "\"[::]:8080:80\""};
  }
  if (address->is_loopback()) {
    // Answers to it are accepted from lo alone (rt6_need_strict in the kernel's net/ipv6/route.c);
    // there is no route_localnet as with 127.0.0.1.
    return Complaint{"the kernel does not let a port be published on [::1]",
                     "127.0.0.1, [::], or an IPv6 address of a link"};
  }
  if (const auto use = reserved_use(*address); !use.empty() && !address->is_any()) {
    return Complaint{"[" + format(*address) + "] is of " + std::string(use),
                     "[::] or an address of the host"};
  }
  port.host_address = format(*address);
  text.remove_prefix(end + 2);
  return std::nullopt;
}

std::expected<std::uint16_t, Complaint> port_number(std::string_view text) {
  if (text.find('-') != text.npos) {
    return std::unexpected(Complaint{"port ranges such as " + quote(text) + " are not supported",
                                     "write one entry for each port"});
  }
  const auto number = parse_number(text, 65535);
  if (number && *number != 0 && text[0] != '0') return static_cast<std::uint16_t>(*number);
  return std::unexpected(Complaint{quote(text) + " is not a port", "1 to 65535"});
}

std::expected<std::uint64_t, Complaint> limit_number(std::string_view text) {
  if (text == "unlimited") return UlimitSpec::kUnlimited;
  if (const auto number = parse_number(text, UlimitSpec::kUnlimited - 1)) return *number;
  if (text == "-1" || text == "infinity") {
    return std::unexpected(Complaint{quote(text) + " is not a limit", "\"unlimited\""});
  }
  return std::unexpected(
      Complaint{quote(text) + " is not a limit", "65536, \"1024:65536\" or \"unlimited\""});
}

}  // namespace

std::expected<PortSpec, Complaint> parse_port(std::string_view text) {
  PortSpec port;
  std::string_view rest = text;
  if (auto complaint = take_protocol(rest, port)) return std::unexpected(std::move(*complaint));
  if (rest.starts_with('[')) {
    if (auto complaint = take_ipv6_address(rest, port)) return std::unexpected(*complaint);
  } else if (std::ranges::count(rest, ':') > 2) {
    return std::unexpected(
        Complaint{quote(text) + " has an IPv6 address without brackets", "\"[::]:8080:80\""});
  }
  const std::vector<std::string_view> parts = split(rest, ':');
  if (parts.size() < 2 || (parts.size() > 2 && port.is_ipv6())) {
    return std::unexpected(Complaint{
        quote(text) + " does not say which port of the host leads to which of the container",
        std::string(kPortForm)});
  }
  if (parts.size() == 3) {
    port.host_address = parts[0];
    if (!parse_ipv4(parts[0])) {
      return std::unexpected(Complaint{quote(parts[0]) + " is not an IPv4 address of the host",
                                       "127.0.0.1 or 0.0.0.0"});
    }
  }
  const auto host = port_number(parts[parts.size() - 2]);
  if (!host) return std::unexpected(host.error());
  const auto container = port_number(parts.back());
  if (!container) return std::unexpected(container.error());
  port.host_port = *host;
  port.container_port = *container;
  return port;
}

std::expected<MountSpec, Complaint> parse_mount(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    return std::unexpected(Complaint{quote(text) + " is not a mount",
                                     "\"/srv/shop:/data\" or \"/srv/shop:/data:ro\""});
  }
  if (!parts[0].empty() && !parts[0].starts_with('/') && !parts[0].starts_with('.')) {
    return std::unexpected(
        Complaint{"volumes such as " + quote(parts[0]) + " are not supported yet",
                  "the absolute path of a directory of the host"});
  }
  MountSpec mount{.source = std::string(parts[0]), .target = std::string(parts[1])};
  if (parts.size() == 3) {
    if (parts[2] != "ro" && parts[2] != "rw") {
      return std::unexpected(
          Complaint{quote(parts[2]) + " is not an option of a mount", "ro or rw"});
    }
    mount.read_only = parts[2] == "ro";
  }
  return mount;
}

std::expected<DeviceSpec, Complaint> parse_device(std::string_view text) {
  constexpr std::string_view kForm = "\"/dev/fuse\" or \"/dev/fuse:/dev/fuse:rw\"";
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() > 3) {
    return std::unexpected(Complaint{quote(text) + " is not a device", std::string(kForm)});
  }
  DeviceSpec device{.source = std::string(parts[0]), .target = std::string(parts[0])};
  // "/dev/fuse:rw" is what docker takes, too.
  const bool short_form = parts.size() == 2 && !parts[1].starts_with('/');
  if (parts.size() > 1 && !short_form) device.target = parts[1];
  if (parts.size() == 3 || short_form) device.permissions = parts.back();
  for (const std::string& path : {device.source, device.target}) {
    if (auto complaint = check_shape(Shape::block_device, path)) {
      return std::unexpected(std::move(*complaint));
    }
  }
  const std::string& letters = device.permissions;
  const bool known = !letters.empty() && letters.find_first_not_of("rwm") == letters.npos;
  bool twice = false;
  for (const char c : letters) twice = twice || std::ranges::count(letters, c) > 1;
  if (known && !twice) return device;
  return std::unexpected(Complaint{quote(letters) + " are not permissions of a device",
                                   "of r, w and m, as in \"rw\""});
}

std::expected<UlimitSpec, Complaint> parse_ulimit(std::string_view text) {
  const size_t colon = text.find(':');
  const auto soft = limit_number(text.substr(0, colon));
  if (!soft) return std::unexpected(soft.error());
  const auto hard = colon == text.npos ? soft : limit_number(text.substr(colon + 1));
  if (!hard) return std::unexpected(hard.error());
  if (*soft > *hard) {
    return std::unexpected(
        Complaint{"the soft limit of " + quote(text) + " is above the hard one", "soft:hard"});
  }
  return UlimitSpec{*soft, *hard};
}

// getrlimit(2), in its order.
const std::vector<std::string_view>& ulimit_names() {
  static const std::vector<std::string_view> names{
      "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
      "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  return names;
}

}  // namespace berth::definition
