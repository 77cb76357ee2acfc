#include "supervisor/source/status.h"

#include <doctest/doctest.h>

namespace berth::source {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

SourceStatus example() {
  SourceStatus status;
  status.repository = "https://git.example/fleet.git";
  status.ref = "main";
  status.path = "hosts/alpha";
  CheckoutStatus checkout;
  checkout.commit = std::string(40, 'a');
  checkout.directory = checkout.commit;
  checkout.settings = "0123";
  checkout.facts = {"Alice <a@x>", "2026-01-02T03:04:05+00:00", "subject", "alice", "SHA256:x"};
  checkout.verify = "ssh-signatures";
  checkout.since = "2026-01-02T03:05:00.000000000Z";
  checkout.previous = std::string(40, 'b');
  checkout.ancestry = "not-a-descendant";
  checkout.files = 3;
  checkout.errors = 1;
  checkout.first_error = "containers/web.toml:1:1: error: x";
  status.checkout = checkout;
  status.last = AttemptStatus{"failed",
                              "unsigned",
                              "the commit is not signed",
                              std::string(40, 'c'),
                              "4567",
                              "2026-01-02T03:06:00.000000000Z"};
  return status;
}

TEST_CASE("a status is read back as it was written") {
  const std::string text = status_document(example());
  const auto read = parse_status(text);
  REQUIRE(read);
  CHECK(status_document(*read) == text);
  CHECK(read->checkout->ancestry == "not-a-descendant");
  CHECK(read->last->problem == "unsigned");
}

TEST_CASE("a status without a checkout or an attempt is one, too") {
  const auto read = parse_status(status_document(SourceStatus{}));
  REQUIRE(read);
  CHECK_FALSE(read->checkout);
  CHECK_FALSE(read->last);
}

TEST_CASE("garbage is no status, and members of wrong types are left out") {
  for (const char* text : {"", "{", "[]", "null", "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_status(text));
  }
  const auto read = parse_status(R"({"ref": 7, "checkout": {"commit": [], "files": "x"},
                                     "last": "x", "more": {}})");
  REQUIRE(read);
  CHECK(read->ref.empty());
  CHECK(read->checkout->commit.empty());
  CHECK(read->checkout->files == 0);
  CHECK_FALSE(read->last);
}

TEST_CASE("a status with bytes that are no text can be written") {
  SourceStatus status = example();
  status.ref = "\xff";
  CHECK(parse_status(status_document(status)));
}

TEST_CASE("the mark tells every setting that decides what a checkout is") {
  SourceSpec source;
  source.repository = "https://git.example/x";
  const std::string mark = settings_mark(source, "keys");
  CHECK(settings_mark(source, "keys") == mark);
  CHECK(settings_mark(source, "other keys") != mark);
  const auto with = [&](auto change) {
    SourceSpec other = source;
    change(other);
    return settings_mark(other, "keys");
  };
  CHECK(with([](SourceSpec& other) { other.repository += "y"; }) != mark);
  CHECK(with([](SourceSpec& other) { other.path = "a"; }) != mark);
  CHECK(with([](SourceSpec& other) { other.verify = VerifyMode::gpg; }) != mark);
  CHECK(with([](SourceSpec& other) { other.interval = minutes(7); }) == mark);
  // Neighbours do not run into each other.
  SourceSpec one = source, two = source;
  one.repository = "ab";
  one.path = "c";
  two.repository = "a";
  two.path = "bc";
  CHECK(settings_mark(one, "") != settings_mark(two, ""));
}

TEST_CASE("a sync is due when the interval is over, and not before") {
  SourceSpec source;
  source.ref = "main";
  source.interval = minutes(1);
  const SourceStatus status = example();
  const WallTime last = *parse_rfc3339(status.last->time);
  CHECK_FALSE(is_due(status, source, "4567", last + seconds(59)));
  CHECK(is_due(status, source, "4567", last + seconds(60)));
  // The clock was set back: nobody knows how long ago it was.
  CHECK(is_due(status, source, "4567", last - seconds(1)));
}

TEST_CASE("a sync is due at once when it was never tried, or the settings changed") {
  SourceSpec source;
  source.ref = "main";
  const SourceStatus status = example();
  const WallTime now = *parse_rfc3339(status.last->time) + seconds(1);
  CHECK_FALSE(is_due(status, source, "4567", now));
  CHECK(is_due(status, source, "other", now));
  CHECK(is_due(SourceStatus{}, source, "4567", now));
  source.ref = "next";
  CHECK(is_due(status, source, "4567", now));
  SourceStatus broken = status;
  broken.last->time = "yesterday";
  source.ref = "main";
  CHECK(is_due(broken, source, "4567", now));
}

TEST_CASE("a commit that was taken with other settings is not the one in force") {
  const SourceStatus status = example();
  CHECK(is_in_force(status, std::string(40, 'a'), "0123"));
  CHECK_FALSE(is_in_force(status, std::string(40, 'a'), "4567"));
  CHECK_FALSE(is_in_force(status, std::string(40, 'b'), "0123"));
  CHECK_FALSE(is_in_force(SourceStatus{}, std::string(40, 'a'), "0123"));
}

TEST_CASE("times are read as they are written") {
  const WallTime time = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) +
                        std::chrono::hours(3) + seconds(5);
  CHECK(parse_rfc3339(format_rfc3339(time)) == time);
  CHECK(parse_rfc3339("2026-01-02T03:00:05Z") == time);
  for (const char* text : {"", "2026-13-02T03:00:05Z", "2026-01-32T03:00:05Z",
                           "2026-01-02T24:00:05Z", "2026-01-02 03:00:05Z", "2026-01-02T03:00:05",
                           "2026-01-02T-3:00:05Z", "2026-02-30T00:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

}  // namespace
}  // namespace berth::source
