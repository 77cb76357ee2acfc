#include "supervisor/source/git_answers.h"

#include <doctest/doctest.h>

namespace berth::source {
namespace {

const std::string kId(40, 'a');
const std::string kOther(40, 'b');

std::string ref_line(const std::string& id, const std::string& name) {
  return id + "\t" + name + "\n";
}

TEST_CASE("a name is a branch, or else a tag, and of a tag its commit counts") {
  const auto branch = choose_ref(ref_line(kId, "refs/heads/main"), {RefKind::name, "main"});
  REQUIRE(branch);
  CHECK(branch->name == "refs/heads/main");
  const auto tag = choose_ref(ref_line(kId, "refs/tags/v1") + ref_line(kOther, "refs/tags/v1^{}"),
                              {RefKind::name, "v1"});
  REQUIRE(tag);
  CHECK(tag->name == "refs/tags/v1");
  CHECK(tag->id == kOther);
}

TEST_CASE("a branch and a tag of one name are not guessed about") {
  const auto chosen = choose_ref(ref_line(kId, "refs/heads/v1") + ref_line(kOther, "refs/tags/v1"),
                                 {RefKind::name, "v1"});
  REQUIRE_FALSE(chosen);
  CHECK(chosen.error().problem == Problem::ref);
  CHECK(chosen.error().what == "\"v1\" is a branch and a tag: write refs/heads/v1 or refs/tags/v1");
}

TEST_CASE("a ref that a server answers although it was not asked for is passed over") {
  const std::string listing = ref_line(kId, "refs/heads/other/refs/heads/main") + "garbage\n" +
                              ref_line("abc", "refs/heads/main") +
                              ref_line(kId, "refs/heads/main2");
  const auto chosen = choose_ref(listing, {RefKind::name, "main"});
  REQUIRE_FALSE(chosen);
  CHECK(chosen.error().what == "the repository has no branch or tag \"main\"");
  CHECK(choose_ref("", {RefKind::head, ""}).error().what ==
        "the repository has no HEAD: it is empty, or cannot be read");
}

Ended ended(const std::string& errors, int code = 128) {
  Ended it;
  it.exit_code = code;
  it.errors = errors;
  return it;
}

TEST_CASE("git's messages are told apart by what they mean") {
  const auto problem = [](const std::string& errors) {
    return explain_failure(ended(errors), "fetch main").problem;
  };
  CHECK(problem("fatal: unable to connect to host:\nhost[0]: errno=Connection refused") ==
        Problem::unreachable);
  CHECK(problem("fatal: '/x' does not appear to be a git repository\n"
                "fatal: Could not read from remote repository.") == Problem::unreachable);
  CHECK(problem("fatal: couldn't find remote ref main") == Problem::ref);
  CHECK(problem("fatal: write error: File too large\nfatal: index-pack failed") ==
        Problem::too_large);
  CHECK(problem("error: object x: zeroPaddedFilemode\nfatal: fsck error in packed object\n"
                "fatal: index-pack failed") == Problem::corrupt);
  CHECK(problem("fatal: something new") == Problem::local);
}

TEST_CASE("the first fatal line is told, without colours, credentials or the end of the line") {
  const Failure failure = explain_failure(
      ended("hint: x\nfatal: unable to access 'https://u:p@h/x/': \x1b[31mCould not resolve\r\n"
            "fatal: other"),
      "fetch main");
  CHECK(failure.what ==
        "cannot fetch main: unable to access 'https://h/x/': ?[31mCould not resolve");
  CHECK(explain_failure(ended("", 137), "fetch").what == "cannot fetch: git was ended by signal 9");
  CHECK(explain_failure(ended("", 3), "fetch").what == "cannot fetch: git ended with exit code 3");
}

TEST_CASE("what we ended ourselves is told by our reason") {
  Ended late = ended("fatal: the remote end hung up");
  late.stopped = Stopped::too_late;
  CHECK(explain_failure(late, "fetch").problem == Problem::too_slow);
  late.stopped = Stopped::too_much_written;
  CHECK(explain_failure(late, "fetch").problem == Problem::too_large);
  late.stopped = Stopped::too_much_output;
  CHECK(explain_failure(late, "fetch").problem == Problem::too_large);
}

std::string facts_text(const std::string& author, const std::string& signature) {
  const std::string nul(1, '\0');
  return author + nul + "2026-01-02T03:04:05+00:00" + nul + "subject" + nul + signature + nul +
         "alice" + nul + "SHA256:x\n";
}

TEST_CASE("a commit's facts are cleaned, and no more fields than six") {
  const auto facts = parse_facts(facts_text("Eve\x1b[2J <e@x>", "G"));
  REQUIRE(facts);
  CHECK(facts->commit.author == "Eve?[2J <e@x>");
  CHECK(facts->commit.signer == "alice");
  CHECK(facts->commit.key == "SHA256:x");
  CHECK(facts->signature == 'G');
  CHECK_FALSE(parse_facts("a"));
  CHECK_FALSE(parse_facts(facts_text("a", "G") + std::string(1, '\0')));
  CHECK(parse_facts(facts_text("a", "GG"))->signature == '\0');
}

Problem judged(const Ended& verified, char signature) {
  Facts facts;
  facts.signature = signature;
  const auto verdict = judge_signature(verified, facts);
  REQUIRE_FALSE(verdict);
  return verdict.error().problem;
}

TEST_CASE("only a verified commit with a good signature is good") {
  Facts good;
  good.signature = 'G';
  CHECK(judge_signature(ended("", 0), good));
  // git verify-commit decides, and %G? has to agree.
  CHECK_FALSE(judge_signature(ended("", 1), good));
  CHECK(judged(ended("", 0), 'U') == Problem::unknown_signer);
  CHECK(judged(ended("", 0), '\0') == Problem::bad_signature);
  Ended late = ended("", 0);
  late.stopped = Stopped::too_late;
  CHECK(judged(late, 'G') == Problem::too_slow);
}

TEST_CASE("it is said why a signature does not count") {
  CHECK(judged(ended("", 1), 'N') == Problem::no_signature);
  CHECK(judged(ended("", 1), 'B') == Problem::bad_signature);
  CHECK(judged(ended("", 1), 'E') == Problem::unknown_signer);
  CHECK(judged(ended("", 1), 'U') == Problem::unknown_signer);
  CHECK(judged(ended("x:1: key has expired: verify time", 1), 'U') == Problem::expired);
  CHECK(judged(ended("x:1: key is not yet valid: verify time", 1), 'U') == Problem::expired);
  for (const char signature : {'X', 'Y', 'R'}) {
    CHECK(judged(ended("", 1), signature) == Problem::expired);
  }
}

}  // namespace
}  // namespace berth::source
