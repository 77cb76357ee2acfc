#include "supervisor/source/git_answers.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace berth::source {
namespace {

struct Hint {
  std::string_view text;  // somewhere in git's messages (LC_ALL=C)
  Problem problem;
};
// The first that is found counts.
constexpr std::array kHints{
    Hint{"File too large", Problem::too_large},
    Hint{"exceeds maximum allowed size", Problem::too_large},
    Hint{"No space left on device", Problem::local},
    Hint{"couldn't find remote ref", Problem::ref},
    Hint{"not our ref", Problem::ref},
    Hint{"unadvertised object", Problem::ref},
    Hint{"no such remote ref", Problem::ref},
    Hint{"fsck", Problem::corrupt},
    Hint{"index-pack", Problem::corrupt},
    Hint{"corrupt", Problem::corrupt},
    Hint{"bad object", Problem::corrupt},
    Hint{"bad tree", Problem::corrupt},
    Hint{"missing blob", Problem::corrupt},
    Hint{"missing tree", Problem::corrupt},
    Hint{"unable to read", Problem::corrupt},
    Hint{"did not send all necessary objects", Problem::corrupt},
    Hint{"inflate", Problem::corrupt},
    Hint{"bad pack", Problem::corrupt},
    Hint{"invalid object", Problem::corrupt},
    Hint{"Operation too slow", Problem::too_slow},
    Hint{"unable to access", Problem::unreachable},
    Hint{"unable to connect", Problem::unreachable},
    Hint{"unable to look up", Problem::unreachable},
    Hint{"Could not resolve", Problem::unreachable},
    Hint{"Could not read from remote", Problem::unreachable},
    Hint{"could not read Username", Problem::unreachable},
    Hint{"Authentication failed", Problem::unreachable},
    Hint{"not appear to be a git repository", Problem::unreachable},
    Hint{"not a git repository", Problem::unreachable},
    Hint{"epository not found", Problem::unreachable},
    Hint{"not exported", Problem::unreachable},
    Hint{"access denied", Problem::unreachable},
    Hint{"hung up", Problem::unreachable},
    Hint{"dumb http", Problem::unreachable},
    Hint{"Connection", Problem::unreachable},
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\r"), text.size());
    if (end != 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What git says last but one may be the cause ("fatal: protocol error" follows upon it), so the
// first fatal or error line counts, else the last line.
std::string telling_line(std::string_view errors) {
  const std::vector<std::string_view> lines = lines_of(errors);
  for (const std::string_view beginning : {"remote: fatal: ", "fatal: ", "error: ", "ERROR: "}) {
    const auto found = std::ranges::find_if(
        lines, [&](std::string_view line) { return line.starts_with(beginning); });
    if (found != lines.end()) return clean_text(found->substr(beginning.size()));
  }
  return lines.empty() ? "" : clean_text(lines.back());
}

}  // namespace

std::string_view problem_name(Problem problem) {
  constexpr std::array<std::string_view, 14> kNames{
      "settings",      "unreachable",    "ref",         "path", "unsigned",
      "bad-signature", "unknown-signer", "expired-key", "tree", "definitions",
      "corrupt",       "too-large",      "too-slow",    "local"};
  return kNames[static_cast<std::size_t>(problem)];
}

Outcome<RemoteRef> choose_ref(std::string_view listing, const Ref& ref) {
  std::map<std::string, std::string, std::less<>> refs;
  for (const std::string_view line : lines_of(listing)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || !is_object_id(line.substr(0, tab))) continue;
    refs.emplace(line.substr(tab + 1), line.substr(0, tab));
  }
  const auto find = [&](const std::string& name) -> RemoteRef {
    const auto peeled = refs.find(name + "^{}");
    const auto plain = refs.find(name);
    if (plain == refs.end()) return {};
    return {name, peeled == refs.end() ? plain->second : peeled->second};
  };
  RemoteRef found;
  if (ref.kind == RefKind::name) {
    found = find("refs/heads/" + ref.text);
    const RemoteRef tag = find("refs/tags/" + ref.text);
    if (!found.id.empty() && !tag.id.empty()) {
      return failed(Problem::ref, "\"" + ref.text + "\" is a branch and a tag: write refs/heads/" +
                                      ref.text + " or refs/tags/" + ref.text);
    }
    if (found.id.empty()) found = tag;
  } else {
    found = find(ref.kind == RefKind::head ? "HEAD" : ref.text);
  }
  if (found.id.empty()) {
    return failed(Problem::ref, ref.kind == RefKind::head
                                    ? "the repository has no HEAD: it is empty, or cannot be read"
                                    : "the repository has no branch or tag \"" + ref.text + "\"");
  }
  return found;
}

Failure explain_failure(const Ended& ended, const std::string& doing) {
  const std::string what = "cannot " + doing + ": ";
  switch (ended.stopped) {
    case Stopped::too_late: return {Problem::too_slow, what + "it took too long"};
    case Stopped::too_much_output:
    case Stopped::too_much_written:
      return {Problem::too_large, what + "it is larger than is allowed"};
    case Stopped::no: break;
  }
  const std::string line = telling_line(ended.errors);
  const auto hint = std::ranges::find_if(
      kHints, [&](const Hint& each) { return ended.errors.find(each.text) != std::string::npos; });
  const Problem problem = hint == kHints.end() ? Problem::local : hint->problem;
  if (!line.empty()) return {problem, what + line};
  if (ended.exit_code > 128) {
    return {problem, what + "git was ended by signal " + std::to_string(ended.exit_code - 128)};
  }
  return {problem, what + "git ended with exit code " + std::to_string(ended.exit_code)};
}

Result<Facts> parse_facts(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::array<std::string_view, 6> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = text.find('\0');
    if ((end == std::string_view::npos) != (i + 1 == fields.size())) {
      return fail("git's description of the commit cannot be understood");
    }
    fields[i] = text.substr(0, end);
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  Facts facts;
  facts.commit.author = clean_text(fields[0], 200);
  facts.commit.committed = clean_text(fields[1], 40);
  facts.commit.subject = clean_text(fields[2], 200);
  facts.signature = fields[3].size() == 1 ? fields[3][0] : '\0';
  facts.commit.signer = clean_text(fields[4], 200);
  facts.commit.key = clean_text(fields[5], 200);
  return facts;
}

Outcome<> judge_signature(const Ended& verified, const Facts& facts) {
  if (verified.well() && facts.signature == 'G') return {};
  if (verified.stopped != Stopped::no) {
    return std::unexpected(explain_failure(verified, "verify the signature"));
  }
  const std::string by = facts.commit.key.empty() ? "" : " (key " + facts.commit.key + ")";
  // ssh-keygen says of a key among the signers why it does not count.
  const bool too_old = verified.errors.find("key has expired") != std::string::npos;
  const bool too_new = verified.errors.find("key is not yet valid") != std::string::npos;
  switch (facts.signature) {
    case 'N': return failed(Problem::no_signature, "the commit is not signed");
    case 'X': return failed(Problem::expired, "the signature has expired" + by);
    case 'Y': return failed(Problem::expired, "the key of the signature has expired" + by);
    case 'R': return failed(Problem::expired, "the key of the signature was revoked" + by);
    case 'U':
      if (too_old) {
        return failed(Problem::expired, "the key of the signature has expired" + by);
      }
      if (too_new) {
        return failed(Problem::expired, "the key of the signature is not yet valid" + by);
      }
      return failed(Problem::unknown_signer,
                    "the commit is signed by a key that is not trusted" + by);
    case 'E':
      return failed(Problem::unknown_signer,
                    "the signature cannot be checked: its key is not among the keys" + by);
    default: return failed(Problem::bad_signature, "the signature is not right" + by);
  }
}

}  // namespace berth::source
