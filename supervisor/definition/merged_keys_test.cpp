// The merged keys of a definition, and values as TOML.
#include "supervisor/definition/merged_keys.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::definition;

namespace {

std::string lines_of(const MergedKeys& merged) {
  std::string lines;
  for (const MergedKey& key : merged.keys) {
    lines += key.key + " = " + to_toml(key.value) + " # " + format(key.pos) + "\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("each merged key has its value and the file and line that it is from") {
  File file{"web.toml", "web", Format::toml,
            "command = ['a\\tb', \"x\"]\nrestart = 'always'\n[limits]\npids = 5\ncpus = 2.0\n"
            "[environment]\nA = 'x'\n'B.C' = \"\\u0007\"\n"};
  file.drop_ins.push_back(File{"web.toml.d/10.yaml", "10.yaml", Format::yaml,
                               "limits: { pids: 7 }\nnetworks: [{ name: lan, aliases: [a] }]\n"});
  file.drop_ins.back().origin = "/etc/berth/containers/web.toml.d/10.yaml";
  CHECK(lines_of(merged_keys(file)) ==
        "command = [\"a\\\\tb\", \"x\"] # web.toml:1:1\n"
        "restart = \"always\" # web.toml:2:11\n"
        "limits.pids = 7 # /etc/berth/containers/web.toml.d/10.yaml:1:17\n"
        "limits.cpus = 2.0 # web.toml:5:8\n"
        "environment.A = \"x\" # web.toml:7:5\n"
        "environment.\"B.C\" = \"\\u0007\" # web.toml:8:9\n"
        "networks = [{ name = \"lan\", aliases = [\"a\"] }] # "
        "/etc/berth/containers/web.toml.d/10.yaml:2:1\n");
}

TEST_CASE("an empty table is a value, and what cannot be read is a problem") {
  const File file{"web.toml", "web", Format::toml, "depends_on = { db = {} }"};
  CHECK(lines_of(merged_keys(file)).starts_with("depends_on.db = {} # web.toml:1:"));
  const MergedKeys broken = merged_keys(File{"web.toml", "web", Format::toml, "x ="});
  CHECK(broken.keys.empty());
  CHECK(broken.problems.size() == 1);
}
