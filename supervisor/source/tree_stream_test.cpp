#include "supervisor/source/tree_stream.h"

#include <doctest/doctest.h>

namespace berth::source {
namespace {

const std::string kId(40, 'a');
const std::string kOther(40, 'b');

std::string record(const std::string& path, const std::string& mode = "100644",
                   const std::string& type = "blob", const std::string& id = kId) {
  return mode + " " + type + " " + id + "\t" + path + std::string(1, '\0');
}

// What the daemon would get of such a tree, or the refusal.
std::string chosen(const std::string& listing, const std::string& directory = "") {
  const auto listed = parse_listing(listing);
  if (!listed) return "refused: " + listed.error().message();
  const auto files = choose_files(*listed, directory);
  if (!files) return "refused: " + files.error().message();
  std::string paths;
  for (const WantedFile& file : *files) paths += (paths.empty() ? "" : " ") + file.path;
  return paths;
}

TEST_CASE("definitions and drop-ins are taken, other files passed over") {
  const std::string listing =
      record("containers/README.md") + record("containers/web.toml") +
      record("containers/web.toml.d/10-more.toml") + record("containers/.hidden.toml") +
      record("containers/old/web.toml") + record("containers/db.yaml", "100755") +
      record("networks/lan.yml") + record("containers/.toml") + record("containers/web.toml~");
  CHECK(chosen(listing) ==
        "containers/web.toml containers/web.toml.d/10-more.toml containers/db.yaml "
        "networks/lan.yml");
}

TEST_CASE("only what lies below the directory counts, by its path there") {
  CHECK(chosen(record("hosts/alpha/containers/web.toml"), "hosts/alpha") == "containers/web.toml");
  CHECK(chosen(record("hosts/alpha2/containers/web.toml"), "hosts/alpha").starts_with("refused"));
  CHECK(chosen("", "hosts/alpha") ==
        "refused: there is no containers/ and no networks/ in \"hosts/alpha\"");
}

TEST_CASE("a symlink, a submodule or any other odd thing refuses the whole tree") {
  const std::string good = record("containers/web.toml");
  CHECK(chosen(good + record("containers/x.toml", "120000")) ==
        "refused: \"containers/x.toml\" is a symbolic link");
  CHECK(chosen(good + record("containers/README", "120000")).starts_with("refused"));
  CHECK(chosen(record("containers", "120000")).starts_with("refused"));
  CHECK(chosen(record("containers", "160000", "commit")) ==
        "refused: \"containers\" is a submodule");
  CHECK(chosen(good + record("containers/sub", "160000", "commit")).starts_with("refused"));
  CHECK(chosen(good + record("containers/x.toml", "040000", "tree")).starts_with("refused"));
  CHECK(chosen(good + record("containers/x.toml", "100644", "tree")).starts_with("refused"));
  CHECK(chosen(good + record("networks")) == "refused: \"networks\" is not a directory");
}

TEST_CASE("no path leaves the checkout or hides in it") {
  for (const char* path :
       {"containers/../../etc/passwd", "containers//x.toml", "containers/./x.toml", "/etc/x.toml",
        "containers/..", "containers/x\n.toml", "containers/\x1b.toml", "containers/\xff.toml",
        "containers/web.toml.d/../x.toml"}) {
    CAPTURE(path);
    CHECK(chosen(record(path)).starts_with("refused"));
  }
  CHECK(chosen(record("containers/" + std::string(256, 'a') + ".toml")).starts_with("refused"));
  CHECK(chosen(record("containers/" + std::string(2000, 'a'))).starts_with("refused"));
}

TEST_CASE("a name that comes twice is refused") {
  const std::string twice =
      record("containers/web.toml") + record("containers/web.toml", "100644", "blob", kOther);
  CHECK(chosen(twice) == "refused: the tree has \"containers/web.toml\" twice");
}

TEST_CASE("a listing that is no listing is refused") {
  for (const std::string& listing :
       {std::string("100644 blob"), record("x").substr(0, 20), std::string(1, '\0'),
        std::string("100644 blob ") + kId + "\t" + std::string(1, '\0'),
        std::string("100644 blob abc\tx") + std::string(1, '\0'),
        std::string("644 blob ") + kId + "\tx" + std::string(1, '\0')}) {
    CHECK(chosen(listing).starts_with("refused: git's listing"));
  }
  std::string many;
  for (std::size_t i = 0; i <= kFilesMax; ++i) many += record("containers/" + std::to_string(i));
  CHECK(chosen(many) == "refused: the tree has more than 20000 files");
}

const std::vector<WantedFile> kTwo{{"containers/a.toml", kId}, {"containers/b.toml", kOther}};

TEST_CASE("contents are read by their sizes, whatever bytes they have") {
  const std::string first = "x\n" + std::string(1, '\0') + kOther + " blob 3\n";
  const std::string stream =
      kId + " blob " + std::to_string(first.size()) + "\n" + first + "\n" + kOther + " blob 0\n\n";
  const auto contents = parse_contents(stream, kTwo);
  REQUIRE(contents);
  CHECK((*contents)[0] == first);
  CHECK((*contents)[1].empty());
}

TEST_CASE("contents that are missing, of another kind, or not whole are refused") {
  const std::string one = kId + " blob 1\nx\n";
  for (const std::string& stream :
       {std::string(), one, one + kOther + " missing\n", one + kOther + " tree 1\nx\n",
        one + kId + " blob 1\nx\n", one + kOther + " blob -1\nx\n", one + kOther + " blob 1\nxy\n",
        one + kOther + " blob 99\nx\n", one + kOther + " blob 18446744073709551615\nx\n",
        one + kOther + " blob 99999999999999999999\nx\n", one + kOther + " blob 1x\nx\n",
        one + kOther + " blob 1\nx", one + kOther + " blob 1\nx\n" + "more"}) {
    CAPTURE(stream);
    CHECK_FALSE(parse_contents(stream, kTwo));
  }
}

TEST_CASE("a file larger than a definition may be is refused by its name") {
  const std::size_t size = kFileBytesMax + 1;
  const std::string stream =
      kId + " blob " + std::to_string(size) + "\n" + std::string(size, 'x') + "\n";
  const auto contents = parse_contents(stream, {kTwo[0]});
  REQUIRE_FALSE(contents);
  CHECK(contents.error().message() == "\"containers/a.toml\" is larger than 1 MiB");
}

TEST_CASE("what is there and what is missing is told apart") {
  const auto checks = parse_checks(kId + " commit 200\n" + kOther + " missing\n");
  REQUIRE(checks);
  CHECK((*checks)[0].type == "commit");
  CHECK((*checks)[1].type.empty());
  for (const std::string& text :
       {kId + " blob 1", kId + "\n", std::string("x blob 1\n"), kId + " blob\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_checks(text));
  }
}

}  // namespace
}  // namespace berth::source
