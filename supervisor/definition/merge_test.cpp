// Merging trees: what is merged, what replaces, and that every value keeps its place.
#include "supervisor/definition/merge.h"

#include <doctest/doctest.h>

#include "supervisor/definition/decode.h"
#include "supervisor/model/keys.h"

using namespace berth;
using namespace berth::definition;

namespace {

const std::string kBase = "template = 'host'\ncommand = ['true']\n";

File file_with(const std::string& content, const std::vector<std::string>& drop_ins) {
  File file{"web.toml", "web", Format::toml, kBase + content};
  for (std::size_t i = 0; i < drop_ins.size(); ++i) {
    const std::string name = std::to_string(i) + ".toml";
    file.drop_ins.push_back(File{"web.toml.d/" + name, name, Format::toml, drop_ins[i]});
  }
  return file;
}

ContainerSpec merged(const std::string& content, const std::vector<std::string>& drop_ins) {
  const File file = file_with(content, drop_ins);
  Report report(paths_of(file), "web");
  const auto root = read_merged(file, report);
  REQUIRE(root);
  ContainerSpec spec = decode_container(*root, "web", report);
  const auto problems = std::move(report).take();
  for (const Diagnostic& problem : problems) MESSAGE(format(problem));
  CHECK(problems.empty());
  return spec;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("tables are merged key by key, deep down") {
  const ContainerSpec web = merged("[limits]\npids = 1\nulimits = { nofile = 10, core = 0 }\n",
                                   {"limits.ulimits.nofile = 20", "[limits]\nmemory = '1M'"});
  CHECK(web.limits.pids == 1);
  CHECK(web.limits.memory == Bytes{1 << 20});
  CHECK(web.limits.ulimits.at("nofile").soft == 20);
  CHECK(web.limits.ulimits.at("core").soft == 0);
}

TEST_CASE("a list replaces a list, and an empty one leaves nothing") {
  CHECK(merged("groups = ['a', 'b']", {"groups = ['c']"}).groups == Words{"c"});
  CHECK(merged("groups = ['a', 'b']", {"groups = []"}).groups.empty());
  CHECK(merged("groups = ['a']", {"groups = []", "groups = ['d']"}).groups == Words{"d"});
}

TEST_CASE("a shorthand is merged as the table it stands for") {
  const ContainerSpec policy =
      merged("restart = 'always'", {"[restart]\ndelay = '5s'", "restart.burst = 9"});
  CHECK(policy.restart.policy == RestartPolicy::always);
  CHECK(policy.restart.delay == std::chrono::seconds(5));
  CHECK(policy.restart.burst == 9);
  const ContainerSpec word = merged("[restart]\ndelay = '5s'", {"restart = 'no'"});
  CHECK(word.restart.policy == RestartPolicy::no);
  CHECK(word.restart.delay == std::chrono::seconds(5));
}

TEST_CASE("dependencies are merged into a list of names, and a list of names replaces") {
  const ContainerSpec more =
      merged("depends_on = ['db', 'cache']", {"[depends_on]\ndb = { restart = true }\nmq = {}"});
  CHECK(more.depends_on.size() == 3);
  CHECK(more.depends_on.at("db").restart);
  const ContainerSpec fewer =
      merged("[depends_on]\ndb = { restart = true }", {"depends_on = ['mq']"});
  CHECK(fewer.depends_on.size() == 1);
  CHECK(merged("depends_on = ['db']", {"depends_on = []"}).depends_on.empty());
}

TEST_CASE("every value says the file that it is from") {
  const ContainerSpec web = merged("hostname = 'a'\n[limits]\npids = 1\n",
                                   {"user = '7'", "# more\nlimits.memory = '1M'"});
  CHECK(format(where_of(web, "hostname")) == "web.toml:3:12");
  CHECK(format(where_of(web, "user")) == "web.toml.d/0.toml:1:8");
  CHECK(format(where_of(web, "limits.memory")) == "web.toml.d/1.toml:2:17");
  CHECK(format(where_of(web, "limits.pids")) == "web.toml:5:8");
  CHECK(format(where_of(web, "")) == "web.toml");
}

TEST_CASE("what is wrong is told of every file, in one go") {
  const File file = file_with("hostname =", {"user = ", "groups = 'a'"});
  Report report(paths_of(file), "web");
  CHECK_FALSE(read_merged(file, report));
  const auto problems = std::move(report).take();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].pos.file == "web.toml");
  CHECK(problems[1].pos.file == "web.toml.d/0.toml");
  CHECK(problems[1].container == "web");
}
