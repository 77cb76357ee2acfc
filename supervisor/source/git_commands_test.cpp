#include "supervisor/source/git_commands.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace berth::source {
namespace {

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

TEST_CASE("only the transport of the repository is allowed") {
  CHECK(has(environment(About::fetching, Transport::https), "GIT_ALLOW_PROTOCOL=https"));
  CHECK(has(environment(About::fetching, Transport::file), "GIT_ALLOW_PROTOCOL=file"));
}

TEST_CASE("steps that verify use a repository of ours, and never the fetched one") {
  CHECK(has(environment(About::nothing, Transport::https), "GIT_DIR=/berth/repository"));
  CHECK(has(environment(About::objects, Transport::https), "GIT_DIR=/berth/repository"));
  for (const std::string& each : environment(About::nothing, Transport::https)) {
    CHECK(each.find("/berth/fetched") == std::string::npos);
  }
}

TEST_CASE("a signature of the other kind is given to a program that says no") {
  const auto line_of = [](Verifier verifier, const std::string& kind) {
    const std::string config = global_config(verifier, false);
    const std::size_t at = config.find("[gpg \"" + kind + "\"]\n\tprogram = ");
    const std::size_t value = config.find("= ", at) + 2;
    return config.substr(value, config.find('\n', value) - value);
  };
  CHECK(line_of(Verifier::ssh, "ssh") == "ssh-keygen");
  CHECK(line_of(Verifier::ssh, "openpgp") == "/bin/false");
  CHECK(line_of(Verifier::gpg, "openpgp") == "gpg");
  CHECK(line_of(Verifier::gpg, "ssh") == "/bin/false");
  CHECK(line_of(Verifier::none, "ssh") == "/bin/false");
  CHECK(line_of(Verifier::none, "openpgp") == "/bin/false");
  CHECK(line_of(Verifier::gpg, "x509") == "/bin/false");
}

TEST_CASE("an address cannot leave its line of git's configuration") {
  const std::string config = fetch_config(Format::sha1, "https://h/a\"b\\c#d;e", "blob:none");
  CHECK(config.find("url = \"https://h/a\\\"b\\\\c#d;e\"\n") != std::string::npos);
}

TEST_CASE("the repository's format follows from the length of its ids") {
  CHECK(format_of(std::string(40, 'a')) == Format::sha1);
  CHECK(format_of(std::string(64, 'a')) == Format::sha256);
  CHECK(fetch_config(Format::sha256, "x", "blob:none").find("objectFormat = sha256") !=
        std::string::npos);
  CHECK(fetch_config(Format::sha1, "x", "blob:none").find("objectFormat") == std::string::npos);
}

TEST_CASE("a repository of this host is known by its place in the sandbox") {
  CHECK(url_inside(*parse_repository("/srv/x.git")) == "file:///berth/origin");
  CHECK(url_inside(*parse_repository("https://h/x")) == "https://h/x");
}

TEST_CASE("only containers/ and networks/ of the directory are listed") {
  const auto words = words::list_tree("C", "hosts/alpha", false);
  CHECK(has(words, "hosts/alpha/containers"));
  CHECK(has(words, "hosts/alpha/networks"));
  CHECK(has(words::list_tree("C", "", false), "containers"));
}

}  // namespace
}  // namespace berth::source
