#include "supervisor/cli/sarif.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace berth;
using nlohmann::json;

namespace {

json run_of(const std::vector<Diagnostic>& problems) {
  const json document = json::parse(cli::sarif_document(problems));
  CHECK(document.at("version") == "2.1.0");
  return document.at("runs").at(0);
}

}  // namespace

TEST_CASE("without problems the run has no results") {
  const json run = run_of({});
  CHECK(run.at("results").empty());
  CHECK(run.at("tool").at("driver").at("name") == "berth");
}

TEST_CASE("a problem is a result at its line, by the rule of its key") {
  const Diagnostic problem{.severity = Severity::error,
                           .pos = {"containers/we b.toml", 14, 3},
                           .key = "mounts[2].source",
                           .problem = "it is not there",
                           .remedy = "another"};
  const json run = run_of({problem});
  const json& result = run.at("results").at(0);
  CHECK(result.at("ruleId") == "mounts.source");
  CHECK(result.at("level") == "error");
  CHECK(result.at("message").at("text") == "mounts[2].source: it is not there (another)");
  const json& place = result.at("locations").at(0).at("physicalLocation");
  CHECK(place.at("artifactLocation").at("uri") == "containers/we%20b.toml");
  CHECK(place.at("region").at("startLine") == 14);
  CHECK(place.at("region").at("startColumn") == 3);
  const json& rule = run.at("tool").at("driver").at("rules").at(0);
  CHECK(rule.at("id") == "mounts.source");
  CHECK(rule.at("shortDescription").at("text") ==
        "mounts.source: the path on the host; for bind only");
}

TEST_CASE("a problem of a whole file has no region, and bytes that are no text do no harm") {
  const Diagnostic problem{.severity = Severity::warning,
                           .pos = {"/etc/berth/a.toml", 0, 0},
                           .problem = "bytes \xff\xfe"};
  const json result = run_of({problem}).at("results").at(0);
  CHECK(result.at("ruleId") == "definition");
  CHECK(result.at("level") == "warning");
  const json& place = result.at("locations").at(0).at("physicalLocation");
  CHECK(place.at("artifactLocation").at("uri") == "file:///etc/berth/a.toml");
  CHECK_FALSE(place.contains("region"));
}
