#include "supervisor/generation/commit.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "supervisor/base/unique_fd.h"

namespace berth::generation {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmall = 4096;
constexpr std::size_t kPackedRefsMost = 16 << 20;
constexpr int kSymbolicMost = 5;

// The contents of .git are whoever's the work tree is: no FIFO, no device, no endless file.
std::string content_of(const std::string& path, std::size_t most) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  if (static_cast<std::uint64_t>(status.st_size) > most) return "";
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

std::string first_line(const std::string& path) {
  std::string text = content_of(path, kSmall);
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::optional<std::string> after(const std::string& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return std::nullopt;
  std::string rest = text.substr(beginning.size());
  rest.erase(0, rest.find_first_not_of(' '));
  return rest;
}

std::string joined(const std::string& base, const std::string& path) {
  return path.starts_with('/') ? path : base + "/" + path;
}

std::string packed(const std::string& common, const std::string& ref) {
  const std::string text = content_of(common + "/packed-refs", kPackedRefsMost);
  const std::size_t found = text.find(" " + ref + "\n");
  if (found == std::string::npos) return "";
  const std::size_t line = text.rfind('\n', found) + 1;  // npos + 1 is the beginning
  const std::string commit = text.substr(line, found - line);
  return is_commit(commit) ? commit : "";
}

// What HEAD of a git directory points at.
std::string head_of(const std::string& git) {
  const std::string shared = first_line(git + "/commondir");
  const std::string common = shared.empty() ? git : joined(git, shared);
  std::string line = first_line(git + "/HEAD");
  for (int depth = 0; depth < kSymbolicMost; ++depth) {
    if (is_commit(line)) return line;
    const auto ref = after(line, "ref:");
    // A name that leads out of the git directory is none.
    if (!ref || !ref->starts_with("refs/") || ref->find("..") != std::string::npos) return "";
    line = first_line(git + "/" + *ref);
    if (line.empty()) line = first_line(common + "/" + *ref);
    if (line.empty()) return packed(common, *ref);
  }
  return "";
}

// .git is a directory, or a file that names one (git worktree, submodules, git-sync).
std::string git_directory(const std::string& directory) {
  std::error_code failure;
  const std::string path = directory + "/.git";
  if (fs::is_directory(path, failure)) return path;
  const auto named = after(first_line(path), "gitdir:");
  return named ? joined(directory, *named) : "";
}

// status.json of `berth sync`: {"checkout": {"commit": …}}.
std::string synced_commit(const Paths& paths) {
  std::error_code failure;
  const std::string directory = paths.state() + "/source";
  if (!fs::exists(directory + "/current", failure)) return "";
  const auto json = nlohmann::json::parse(content_of(directory + "/status.json", kPackedRefsMost),
                                          nullptr, false);
  if (!json.is_object() || !json.contains("checkout") || !json["checkout"].is_object()) return "";
  const auto commit = json["checkout"].find("commit");
  if (commit == json["checkout"].end() || !commit->is_string()) return "";
  return is_commit(commit->get<std::string>()) ? commit->get<std::string>() : "";
}

}  // namespace

std::string work_tree_commit(const std::string& directory, const std::string& top) {
  std::error_code failure;
  const std::string last = fs::canonical(top, failure).string();
  fs::path at = fs::canonical(directory, failure);
  if (failure) return "";
  constexpr int kParentsMost = 64;
  for (int depth = 0; depth < kParentsMost; ++depth) {
    const std::string git = git_directory(at.string());
    if (!git.empty()) return head_of(git);
    if (at == last || at == at.parent_path()) return "";
    at = at.parent_path();
  }
  return "";
}

std::string commit_of(const Paths& paths) {
  std::string commit = synced_commit(paths);
  if (!commit.empty()) return commit;
  return work_tree_commit(paths.containers(), paths.root.empty() ? "/" : paths.root);
}

}  // namespace berth::generation
