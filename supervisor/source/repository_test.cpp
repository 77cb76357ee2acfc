#include "supervisor/source/repository.h"

#include <doctest/doctest.h>

namespace berth::source {
namespace {

TEST_CASE("the addresses that git knows are told apart by their transport") {
  CHECK(parse_repository("https://git.example/fleet.git")->transport == Transport::https);
  CHECK(parse_repository("http://git.example/fleet.git")->transport == Transport::http);
  CHECK(parse_repository("git://git.example/fleet.git")->transport == Transport::git);
  CHECK(parse_repository("ssh://git@git.example:2222/fleet.git")->transport == Transport::ssh);
  CHECK(parse_repository("git@git.example:fleet.git")->transport == Transport::ssh);
  CHECK(parse_repository("file:///srv/fleet.git")->transport == Transport::file);
}

TEST_CASE("a plain path is a repository of this host") {
  const auto repository = parse_repository("/srv/fleet.git");
  REQUIRE(repository);
  CHECK(repository->url == "file:///srv/fleet.git");
  CHECK(repository->directory == "/srv/fleet.git");
}

TEST_CASE("what would run a program, be an option, or hide something is no repository") {
  for (const char* text :
       {"", "ext::sh -c id", "fd::17", "--upload-pack=id", "-u", "ssh://-oProxyCommand=id/x",
        "https://", "https:///x", "fleet.git", "./fleet.git", "file://fleet.git", "ftp://host/x",
        "https://host/x\ny", "https://host/\x1b[2J", "-oProxyCommand=id:x", "host::x", ":x",
        "transport::https://host/x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_repository(text));
  }
  CHECK_FALSE(parse_repository("https://host/" + std::string(5000, 'x')));
}

TEST_CASE("a ref is a branch or tag, a full name, a commit, or nothing for HEAD") {
  CHECK(parse_ref("")->kind == RefKind::head);
  CHECK(parse_ref("HEAD")->kind == RefKind::head);
  CHECK(parse_ref("main")->kind == RefKind::name);
  CHECK(parse_ref("release/1.x")->kind == RefKind::name);
  CHECK(parse_ref("refs/heads/main")->kind == RefKind::full);
  CHECK(parse_ref(std::string(40, 'a'))->kind == RefKind::commit);
  CHECK(parse_ref(std::string(64, '0'))->kind == RefKind::commit);
  CHECK(parse_ref(std::string(39, 'a'))->kind == RefKind::name);
}

TEST_CASE("what git refuses as a name, and every pattern, is no ref") {
  for (const char* text :
       {"a..b", "/a", "a/", "a//b", ".a",   "a/.b",  "a.lock", "a.lock/b", "a b", "a~1", "a^",
        "a:b",  "a?", "a*", "a[",   "a\\b", "a@{1}", "@",      "-a",       "a.",  "a\n", "a\x7f"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ref(text));
  }
  CHECK_FALSE(parse_ref(std::string(256, 'a')));
}

TEST_CASE("a directory stays in the tree") {
  CHECK(*parse_directory("") == "");
  CHECK(*parse_directory(".") == "");
  CHECK(*parse_directory("hosts/alpha/") == "hosts/alpha");
  for (const char* text : {"/etc", "..", "a/../b", "a//b", "./a", "a/.", "a\nb"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_directory(text));
  }
}

TEST_CASE("user and password are taken out of addresses wherever they stand") {
  CHECK(without_credentials("https://user:secret@host/x") == "https://host/x");
  CHECK(without_credentials("fatal: 'https://u:p@ss@host/x' and ssh://git@h/y failed") ==
        "fatal: 'https://host/x' and ssh://h/y failed");
  CHECK(without_credentials("https://host/a@b") == "https://host/a@b");
  CHECK(without_credentials("://") == "://");
}

TEST_CASE("a stranger's text becomes one harmless line") {
  CHECK(clean_text("plain") == "plain");
  CHECK(clean_text("a\nb\x1b[2Jc") == "a?b?[2Jc");
  CHECK(clean_text("grün") == "grün");
  CHECK(clean_text("\xc2\x9b") == "?");             // C1
  CHECK(clean_text("\xff\xc0\xaf") == "???");       // never UTF-8, and overlong
  CHECK(clean_text("\xed\xa0\x80") == "???");       // a surrogate
  CHECK(clean_text("\xf4\x90\x80\x80") == "????");  // beyond Unicode
  CHECK(clean_text("gr\xc3") == "gr?");             // cut off
  CHECK(clean_text("aaaa", 3) == "aaa…");
  CHECK(clean_text("https://u:p@h/") == "https://h/");
}

}  // namespace
}  // namespace berth::source
