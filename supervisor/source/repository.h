// What [source] of berthd.toml may name: a repository, a ref in it, a directory in that. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::source {

enum class Transport { file, git, http, https, ssh };
// The name by which git allows or forbids it: "file".
std::string_view transport_name(Transport transport);

struct Repository {
  std::string url;  // as git takes it
  Transport transport = Transport::https;
  std::string directory;  // file: the absolute path
};

// https://, http://, git://, ssh://, git@host:path, file:///path and /path. Everything else (ext::,
// a relative path, an option in disguise, control characters) is an error.
Result<Repository> parse_repository(const std::string& text);

enum class RefKind { head, commit, full, name };
struct Ref {
  RefKind kind = RefKind::head;
  std::string
      text;  // full: "refs/heads/main"; name: a branch or a tag; commit: 40 or 64 hex digits
};
// "": the repository's HEAD. What git-check-ref-format refuses is an error.
Result<Ref> parse_ref(const std::string& text);

// A relative path without empty, "." or ".." parts: "deploy/berth"; "" for the top. Slashes around
// it are taken away.
Result<std::string> parse_directory(const std::string& text);

bool is_object_id(std::string_view text);  // 40 or 64 lower case hex digits

// A text of git, a server or a commit made fit for one line of ours: no control characters, no
// invalid UTF-8, no user and password in URLs, at most so many bytes.
std::string clean_text(std::string_view text, std::size_t most = 300);
// "https://user:secret@host/x" -> "https://host/x", everywhere in a text.
std::string without_credentials(std::string_view text);

}  // namespace berth::source
