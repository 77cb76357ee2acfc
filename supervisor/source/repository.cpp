#include "supervisor/source/repository.h"

#include <algorithm>
#include <array>
#include <utility>

namespace berth::source {
namespace {

constexpr std::size_t kTextMax = 4096;

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x20 || byte == 0x7f;
}

std::string quoted(const std::string& text) { return "\"" + clean_text(text, 100) + "\""; }

Result<void> check_text(const std::string& text, const std::string& what) {
  if (text.size() > kTextMax) return fail(what + " is longer than 4096 bytes");
  if (std::ranges::any_of(text, is_control)) return fail(what + " has control characters in it");
  return {};
}

Result<Repository> local(const std::string& directory) {
  if (!directory.starts_with('/')) {
    return fail("the repository " + quoted(directory) + " is not an absolute path");
  }
  return Repository{"file://" + directory, Transport::file, directory};
}

// git@host:path: a colon before the first slash, and no "::" of git's remote helpers.
bool looks_like_scp(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text.compare(colon, 2, "::") == 0) return false;
  return text.find('/') > colon && colon + 1 < text.size();
}

// The length of the UTF-8 sequence at the beginning of text; 0 when there is no good one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

}  // namespace

std::string_view transport_name(Transport transport) {
  constexpr std::array<std::string_view, 5> kNames{"file", "git", "http", "https", "ssh"};
  return kNames[static_cast<std::size_t>(transport)];
}

Result<Repository> parse_repository(const std::string& text) {
  TRY(check_text(text, "the repository"));
  if (text.empty()) return fail("no repository is given");
  if (text.starts_with('/')) return local(text);
  constexpr std::array<std::pair<std::string_view, Transport>, 4> kRemote{
      {{"https://", Transport::https},
       {"http://", Transport::http},
       {"git://", Transport::git},
       {"ssh://", Transport::ssh}}};
  if (text.starts_with("file://")) return local(text.substr(7));
  for (const auto& [beginning, transport] : kRemote) {
    if (!text.starts_with(beginning)) continue;
    // ssh://-oProxyCommand=... : git refuses it too.
    const std::string host = text.substr(beginning.size());
    if (host.empty() || host.starts_with('-') || host.starts_with('/')) {
      return fail("the repository " + quoted(text) + " names no host");
    }
    // An address is an argument of git, and every user of the host can read those.
    const std::string user = host.substr(0, std::min(host.find('/'), host.size()));
    if (const std::size_t sign = user.rfind('@');
        sign != std::string::npos && user.substr(0, sign).find(':') != std::string::npos) {
      return fail("the repository " + quoted(text) +
                  " has a password in it, which every user of the host could read: put it into "
                  "/etc/berth/source/credentials");
    }
    return Repository{text, transport, ""};
  }
  if (text.find("://") == std::string::npos && !text.starts_with('-') && looks_like_scp(text)) {
    return Repository{text, Transport::ssh, ""};
  }
  return fail("the repository " + quoted(text) +
              " is no https://, http://, ssh://, git:// or file:/// address");
}

bool is_object_id(std::string_view text) {
  if (text.size() != 40 && text.size() != 64) return false;
  return std::ranges::all_of(
      text, [](char each) { return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f'); });
}

Result<Ref> parse_ref(const std::string& text) {
  if (text.empty() || text == "HEAD") return Ref{RefKind::head, ""};
  const std::string what = "the ref " + quoted(text);
  if (text.size() > 255) return fail("the ref is longer than 255 bytes");
  if (is_object_id(text)) return Ref{RefKind::commit, text};
  // git-check-ref-format(1), and no pattern characters.
  if (text.find_first_of(" ~^:?*[\\") != std::string::npos ||
      std::ranges::any_of(text, is_control)) {
    return fail(what + " has characters that no ref has");
  }
  const bool dots = text.find("..") != std::string::npos || text.ends_with('.');
  const bool slashes =
      text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string::npos;
  const bool parts = text.starts_with('.') || text.find("/.") != std::string::npos ||
                     text.ends_with(".lock") || text.find(".lock/") != std::string::npos;
  if (dots || slashes || parts || text.starts_with('-') || text == "@" ||
      text.find("@{") != std::string::npos) {
    return fail(what + " is not the name of a branch or tag");
  }
  return Ref{text.starts_with("refs/") ? RefKind::full : RefKind::name, text};
}

Result<std::string> parse_directory(const std::string& text) {
  TRY(check_text(text, "the path"));
  std::string clean = text;
  while (clean.ends_with('/')) clean.pop_back();
  if (text.starts_with('/')) return fail("the path " + quoted(text) + " is not relative");
  if (clean.empty() || clean == ".") return std::string();
  for (std::size_t at = 0; at <= clean.size();) {
    const std::size_t slash = std::min(clean.find('/', at), clean.size());
    const std::string part = clean.substr(at, slash - at);
    if (part.empty() || part == "." || part == "..") {
      return fail("the path " + quoted(text) + " has the part " + quoted(part));
    }
    at = slash + 1;
  }
  return clean;
}

std::string without_credentials(std::string_view text) {
  std::string clean(text);
  for (std::size_t at = 0; (at = clean.find("://", at)) != std::string::npos;) {
    at += 3;
    // The user ends at the last "@" before the path.
    const std::size_t end = clean.find_first_of("/ \"'\n", at);
    const std::size_t sign = clean.substr(at, end == std::string::npos ? end : end - at).rfind('@');
    if (sign != std::string::npos) clean.erase(at, sign + 1);
  }
  return clean;
}

std::string clean_text(std::string_view text, std::size_t most) {
  const std::string whole = without_credentials(text);
  std::string clean;
  for (std::string_view rest = whole; !rest.empty();) {
    const std::size_t length = sequence_length(rest);
    // C1 control characters are two bytes of UTF-8.
    const bool c1 = length == 2 && rest[0] == '\xc2' && static_cast<unsigned char>(rest[1]) < 0xa0;
    const std::string_view next =
        length == 0 || c1 || is_control(rest[0]) ? "?" : rest.substr(0, length);
    if (clean.size() + next.size() > most) return clean + "…";
    clean += next;
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace berth::source
