#include "supervisor/record/record.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "supervisor/base/sha256.h"
#include "supervisor/record/observed_reader.h"
#include "supervisor/record/observed_writer.h"

namespace berth::record {

namespace {

constexpr std::string_view kHead = "berth-record 1 ";
constexpr std::size_t kDigestSize = 64;
constexpr unsigned kDepthMost = definition::kDepthMost + 4;

template <class Spec, class Observed>
std::string record_of(const char* kind, const std::string& name, const Observed& observed,
                      std::string_view boot_id) {
  JsonText json;
  json.begin_object();
  json.key("boot");
  json.text(boot_id);
  json.key(kind);
  json.text(name);
  json.key("observed");
  std::vector<const Spec*> specs;
  const auto put = [&](const std::shared_ptr<const Spec>& spec) {
    const auto found = std::ranges::find(specs, spec.get());
    json.number(static_cast<std::int64_t>(found - specs.begin()));
    if (found == specs.end()) specs.push_back(spec.get());
  };
  ObservedWriter<Spec, decltype(put)>(json, Instant(), put).write(observed);
  json.key("specs");
  json.begin_list();
  for (const Spec* spec : specs) write_spec(json, *spec);
  json.end_list();
  json.end_object();
  const std::string body = std::move(json).take();
  return std::string(kHead) + sha256_hex(body) + "\n" + body;
}

template <class Spec, class Observed, class ReadSpec>
Observed read_observed(Reading& reading, const Value& document, const std::string& name,
                       ReadSpec read_spec) {
  std::vector<std::shared_ptr<const Spec>> specs;
  for (const Value& written : items_of(member_of(document, "specs"))) {
    specs.push_back(read_spec(reading, written, name));
  }
  const auto take = [&](const Value& number) -> std::shared_ptr<const Spec> {
    const auto* index = number.get<std::int64_t>();
    if (index != nullptr && std::cmp_less(*index, specs.size()) && *index >= 0) {
      return specs[static_cast<std::size_t>(*index)];
    }
    reading.complain("a definition is missing");
    return nullptr;
  };
  Observed observed;
  ObservedReader<Spec, decltype(take)>(reading, name, take)
      .read(member_of(document, "observed"), observed);
  return observed;
}

}  // namespace

std::string container_record(const std::string& name, const ObservedContainer& observed,
                             std::string_view boot_id) {
  return record_of<ContainerSpec>("container", name, observed, boot_id);
}

std::string network_record(const std::string& name, const ObservedNetwork& observed,
                           std::string_view boot_id) {
  return record_of<NetworkSpec>("network", name, observed, boot_id);
}

std::string_view record_head(std::string_view record) {
  return record.substr(0, kHead.size() + kDigestSize);
}

Result<Record> parse_record(std::string_view text) {
  const std::size_t head = kHead.size() + kDigestSize + 1;
  if (!text.starts_with(kHead) || text.size() < head || text[head - 1] != '\n') {
    return fail("it does not begin as a record does");
  }
  const std::string_view body = text.substr(head);
  if (sha256_hex(body) != text.substr(kHead.size(), kDigestSize)) {
    return fail("its content is not what was written");
  }
  const Value document = TRY(parse_json(body, kDepthMost));
  Reading reading;
  Record record;
  record.boot_id = text_of(member_of(document, "boot"));
  record.name = text_of(member_of(document, "container"));
  if (!record.name.empty()) {
    record.observed = read_observed<ContainerSpec, ObservedContainer>(
        reading, document, record.name, read_container_spec);
  } else {
    record.name = text_of(member_of(document, "network"));
    record.observed = read_observed<NetworkSpec, ObservedNetwork>(reading, document, record.name,
                                                                  read_network_spec);
  }
  if (record.name.empty()) return fail("it names nothing");
  if (!reading.problem.empty()) return fail(reading.problem);
  return record;
}

}  // namespace berth::record
