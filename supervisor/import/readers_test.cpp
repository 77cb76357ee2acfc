// The readers of sources, and the values that tools write in their own ways.
#include <doctest/doctest.h>

#include "supervisor/import/kubernetes.h"
#include "supervisor/import/product.h"
#include "supervisor/import/words.h"

using namespace berth;
using namespace berth::importing;

namespace {

std::vector<Node> read(const std::string& yaml, Product& product) {
  return read_yaml_source(SourceFile{"a.yaml", yaml}, product);
}

}  // namespace

TEST_CASE("a YAML source has any number of documents, each with its places") {
  const Settings settings;
  Product product(settings);
  const auto documents = read("a: 1\n---\n# nothing\n---\nb:\n  - x\n", product);
  CHECK(product.errors.empty());
  REQUIRE(documents.size() == 2);
  const Node* const item = &documents[1].find("b")->children()[0];
  CHECK(item->text() == "x");
  CHECK(format(item->place()) == "a.yaml:6:5");
  CHECK(item->path() == "b[0]");
}

TEST_CASE("scalars stay as they are written, whatever YAML would take them for") {
  const Settings settings;
  Product product(settings);
  const auto documents = read("a: 0440\nb: 1.10\nc: yes\nd: 22:22\ne: ~\nf: \"\"\n", product);
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].peek("a") == "0440");
  CHECK(documents[0].peek("b") == "1.10");
  CHECK(documents[0].peek("c") == "yes");
  CHECK(documents[0].peek("d") == "22:22");
  CHECK(documents[0].find("e")->is_null());
  CHECK(documents[0].find("f")->is_scalar());
}

TEST_CASE("a merge key gives what the table does not have itself") {
  const Settings settings;
  Product product(settings);
  const auto documents =
      read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 3\n", product);
  REQUIRE(documents.size() == 1);
  const Node& z = *documents[0].find("z");
  CHECK(z.peek("a") == "3");
  CHECK(z.peek("b") == "1");
  CHECK(z.peek("c") == "2");
  CHECK(z.children().size() == 3);
}

TEST_CASE("what is no YAML is an error with its place") {
  const Settings settings;
  for (const char* yaml : {"a: [1\n", "a: \"x\n", ",\n", "a: 1\na: 2\n", "- x\n"}) {
    CAPTURE(yaml);
    Product product(settings);
    read(yaml, product);
    CHECK_FALSE(product.errors.empty());
  }
}

TEST_CASE("sizes and durations are rewritten without loss") {
  CHECK(size_of("512m") == "512M");
  CHECK(size_of("1.5g") == "1536M");
  CHECK(size_of("64kb") == "64K");
  CHECK(size_of("2gb") == "2G");
  CHECK(size_of("1048576") == "1M");
  CHECK(size_of("300Mi") == "300M");
  CHECK_FALSE(size_of("lots"));
  CHECK_FALSE(size_of("1 2"));
  CHECK(duration_of("1m30s") == "1m30s");
  CHECK(duration_of("1.5s") == "1s500ms");
  CHECK(duration_of("90") == "1m30s");
  CHECK_FALSE(duration_of("soon"));
  CHECK(systemd_duration_of("5min 20s") == "5m20s");
  CHECK(systemd_duration_of("2 hours") == "2h");
  CHECK_FALSE(systemd_duration_of("infinity"));
}

TEST_CASE("quantities have factors of 1000 or of 1024, as they say") {
  CHECK(quantity_of("500m") == 0.5);
  CHECK(quantity_of("129M") == 129e6);
  CHECK(quantity_of("64Mi") == 67108864.0);
  CHECK(quantity_of("1e3") == 1000.0);
  CHECK_FALSE(quantity_of("lots"));
  CHECK_FALSE(quantity_of("-1"));
}

TEST_CASE("a time of cron becomes the same time of systemd's calendar, or none") {
  CHECK(calendar_of_cron("*/5 * * * *") == "*-*-* *:00/5:00");
  CHECK(calendar_of_cron("30 2 * * 1-5") == "Mon..Fri *-*-* 02:30:00");
  CHECK(calendar_of_cron("15 6 * * 6,0") == "Sat,Sun *-*-* 06:15:00");
  CHECK(calendar_of_cron("0 0 * * */2") == "Tue,Thu,Sat,Sun *-*-* 00:00:00");
  CHECK(calendar_of_cron("0,30 8-18/2 1,15 jan-mar *") == "*-01..03-01,15 08..18/2:00,30:00");
  CHECK(calendar_of_cron("@daily") == "daily");
  // Either the day of the month or that of the week, for cron; both, for systemd.
  CHECK_FALSE(calendar_of_cron("0 0 13 * 5"));
  CHECK_FALSE(calendar_of_cron("@reboot"));
  CHECK_FALSE(calendar_of_cron("whenever"));
  CHECK_FALSE(calendar_of_cron("99-1 * * * x"));
}

TEST_CASE("words are split as a shell would") {
  using Words = std::vector<std::string>;
  CHECK(split_quoted("a 'b c' \"d \\\" e\" f\\ g") == Words{"a", "b c", "d \" e", "f g"});
  CHECK(split_quoted("x ''") == Words{"x", ""});
  CHECK_FALSE(split_quoted("'open"));
}

TEST_CASE("any text becomes a name that a definition can have") {
  CHECK(definition_name("Web_Server") == "web_server");
  CHECK(definition_name("Shop Front/1") == "shop-front-1");
  CHECK(definition_name("-_x") == "x");
  CHECK(definition_name("") == "unnamed");
  CHECK(definition_name(std::string(80, 'a')).size() == 63);
}
