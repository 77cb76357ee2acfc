#include "supervisor/source/status.h"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

namespace berth::source {
namespace {

using Json = nlohmann::ordered_json;

// FNV-1a: tells an edited file from the one before. Nobody gains by a collision: whoever can edit
// the keys is root.
class Mark {
 public:
  void add(std::string_view text) {
    for (const char letter : text) take(static_cast<unsigned char>(letter));
    take(0x100);  // so that "ab", "c" is not "a", "bc"
  }
  [[nodiscard]] std::string text() const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += kDigits[(value_ >> shift) & 15];
    return hex;
  }

 private:
  void take(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

Json checkout_json(const CheckoutStatus& checkout) {
  return {{"commit", checkout.commit},
          {"author", checkout.facts.author},
          {"committed", checkout.facts.committed},
          {"subject", checkout.facts.subject},
          {"verify", checkout.verify},
          {"signer", checkout.facts.signer},
          {"key", checkout.facts.key},
          {"since", checkout.since},
          {"previous", checkout.previous},
          {"ancestry", checkout.ancestry},
          {"files", checkout.files},
          {"errors", checkout.errors},
          {"first_error", checkout.first_error},
          {"directory", checkout.directory},
          {"settings", checkout.settings}};
}

Json attempt_json(const AttemptStatus& attempt) {
  return {{"outcome", attempt.outcome}, {"problem", attempt.problem},
          {"error", attempt.error},     {"commit", attempt.commit},
          {"time", attempt.time},       {"settings", attempt.settings}};
}

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

CheckoutStatus checkout_of(const Json& json) {
  CheckoutStatus checkout;
  checkout.commit = text_of(json, "commit");
  checkout.facts = {text_of(json, "author"), text_of(json, "committed"), text_of(json, "subject"),
                    text_of(json, "signer"), text_of(json, "key")};
  checkout.verify = text_of(json, "verify");
  checkout.since = text_of(json, "since");
  checkout.previous = text_of(json, "previous");
  checkout.ancestry = text_of(json, "ancestry");
  checkout.files = number_of(json, "files");
  checkout.errors = number_of(json, "errors");
  checkout.first_error = text_of(json, "first_error");
  checkout.directory = text_of(json, "directory");
  checkout.settings = text_of(json, "settings");
  return checkout;
}

AttemptStatus attempt_of(const Json& json) {
  return {text_of(json, "outcome"), text_of(json, "problem"),  text_of(json, "error"),
          text_of(json, "commit"),  text_of(json, "settings"), text_of(json, "time")};
}

// Decimal digits alone.
bool number_in(std::string_view text, int& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string status_document(const SourceStatus& status) {
  Json json{{"repository", status.repository}, {"ref", status.ref}, {"path", status.path}};
  json["checkout"] = status.checkout ? checkout_json(*status.checkout) : Json();
  json["last"] = status.last ? attempt_json(*status.last) : Json();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SourceStatus> parse_status(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("the status of the source is no JSON object");
  SourceStatus status;
  status.repository = text_of(json, "repository");
  status.ref = text_of(json, "ref");
  status.path = text_of(json, "path");
  const auto checkout = json.find("checkout");
  if (checkout != json.end() && checkout->is_object()) status.checkout = checkout_of(*checkout);
  const auto last = json.find("last");
  if (last != json.end() && last->is_object()) status.last = attempt_of(*last);
  return status;
}

std::string_view verify_name(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::ssh_signatures: return "ssh-signatures";
    case VerifyMode::gpg: return "gpg";
    case VerifyMode::none: break;
  }
  return "none";
}

std::string settings_mark(const SourceSpec& source, std::string_view keys) {
  Mark mark;
  for (const std::string_view part :
       {std::string_view(source.repository), std::string_view(source.path),
        verify_name(source.verify), keys}) {
    mark.add(part);
  }
  return mark.text();
}

bool is_due(const SourceStatus& status, const SourceSpec& source, const std::string& mark,
            WallTime now) {
  if (!status.last || status.last->settings != mark || status.ref != source.ref) return true;
  const std::optional<WallTime> before = parse_rfc3339(status.last->time);
  return !before || *before > now || now - *before >= source.interval;
}

bool is_in_force(const SourceStatus& status, const std::string& commit, const std::string& mark) {
  return status.checkout && status.checkout->commit == commit && status.checkout->settings == mark;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  // 2026-01-02T03:04:05
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  std::array<int, 6> parts{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kPlaces{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!number_in(text.substr(kPlaces[i].first, kPlaces[i].second), parts[i])) return std::nullopt;
  }
  const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
  return WallTime(std::chrono::sys_days(day)) + std::chrono::hours(parts[3]) +
         std::chrono::minutes(parts[4]) + std::chrono::seconds(parts[5]);
}

}  // namespace berth::source
