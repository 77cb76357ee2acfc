#include "supervisor/runtime/seccomp_profile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <span>
#include <vector>

#include <linux/filter.h>
#include <nlohmann/json.hpp>
#include <seccomp.h>

#include "supervisor/runtime/seccomp_export.h"

namespace berth::runtime {
namespace {

using nlohmann::json;

constexpr std::uint32_t kActionBits = 0xffff0000;  // an action without its number

template <class T>
struct Word {
  std::string_view name;
  T value;
};

// SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a number of their own.
constexpr std::array<Word<std::uint32_t>, 8> kActions = {
    {{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
     {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
     {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
     {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
     {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
     {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
     {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
     {"SCMP_ACT_LOG", SCMP_ACT_LOG}}};

constexpr std::array<Word<scmp_compare>, 7> kComparisons = {
    {{"SCMP_CMP_NE", SCMP_CMP_NE},
     {"SCMP_CMP_LT", SCMP_CMP_LT},
     {"SCMP_CMP_LE", SCMP_CMP_LE},
     {"SCMP_CMP_EQ", SCMP_CMP_EQ},
     {"SCMP_CMP_GE", SCMP_CMP_GE},
     {"SCMP_CMP_GT", SCMP_CMP_GT},
     {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}}};

template <class T, std::size_t Size>
const T* find(const std::array<Word<T>, Size>& words, const std::string& name) {
  for (const Word<T>& word : words) {
    if (word.name == name) return &word.value;
  }
  return nullptr;
}

// One rule with all that it takes.
struct Rule {
  std::vector<std::string> names;
  std::uint32_t action = 0;
  std::vector<scmp_arg_cmp> conditions;
};

struct Profile {
  std::uint32_t default_action = 0;
  std::vector<std::uint32_t> architectures;
  std::vector<Rule> rules;
};

Result<void> only_keys(const json& object, const std::string& where,
                       std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return fail(where + "must be an object");
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    return fail(where + "\"" + key.substr(0, 60) + "\" is no key of the OCI format");
  }
  return {};
}

Result<std::string> text_of(const json& object, const std::string& where, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return fail(where + "there is no " + key);
  if (!found->is_string()) return fail(where + key + " must be a string");
  return found->get<std::string>();
}

Result<std::uint64_t> number_of(const json& object, const std::string& where, const char* key,
                                std::uint64_t usual) {
  const auto found = object.find(key);
  if (found == object.end()) return usual;
  if (!found->is_number_unsigned()) return fail(where + key + " must be a number, not below 0");
  return found->get<std::uint64_t>();
}

Result<std::uint32_t> action_of(const json& object, const std::string& where, const char* key,
                                const char* errno_key) {
  const std::string name = TRY(text_of(object, where, key));
  const std::uint32_t* action = find(kActions, name);
  if (action == nullptr) {
    return fail(where + "\"" + name.substr(0, 60) + "\" is no action that berth can give");
  }
  const std::uint64_t number = TRY(number_of(object, where, errno_key, EPERM));
  if (number > 4095) return fail(where + errno_key + " is out of range");
  const auto data = static_cast<std::uint32_t>(number);
  if (*action == SCMP_ACT_ERRNO(0)) return SCMP_ACT_ERRNO(data);
  if (*action == SCMP_ACT_TRACE(0)) return SCMP_ACT_TRACE(data);
  return *action;
}

Result<scmp_arg_cmp> condition_of(const json& object, const std::string& where) {
  TRY(only_keys(object, where, {"index", "value", "valueTwo", "op"}));
  const std::string name = TRY(text_of(object, where, "op"));
  const scmp_compare* comparison = find(kComparisons, name);
  if (comparison == nullptr) {
    return fail(where + "\"" + name.substr(0, 60) + "\" is no comparison");
  }
  const std::uint64_t index = TRY(number_of(object, where, "index", 6));
  if (index > 5) return fail(where + "index must be 0 to 5");
  scmp_arg_cmp condition{};
  condition.arg = static_cast<unsigned>(index);
  condition.op = *comparison;
  condition.datum_a = TRY(number_of(object, where, "value", 0));
  condition.datum_b = TRY(number_of(object, where, "valueTwo", 0));
  return condition;
}

Result<const json*> list_of(const json& object, const std::string& where, const char* key) {
  static const json kNone = json::array();
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return &kNone;
  if (!found->is_array()) return fail(where + key + " must be a list");
  return &*found;
}

Result<Rule> rule_of(const json& object, const std::string& where) {
  TRY(only_keys(object, where, {"names", "action", "errnoRet", "args"}));
  Rule rule;
  rule.action = TRY(action_of(object, where, "action", "errnoRet"));
  for (const json& name : *TRY(list_of(object, where, "names"))) {
    if (!name.is_string()) return fail(where + "names must be strings");
    rule.names.push_back(name.get<std::string>());
  }
  if (rule.names.empty()) return fail(where + "there are no names");
  const json& conditions = *TRY(list_of(object, where, "args"));
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    rule.conditions.push_back(
        TRY(condition_of(conditions[i], where + "args[" + std::to_string(i) + "]: ")));
  }
  return rule;
}

// "SCMP_ARCH_X86_64" -> the library's number.
Result<std::uint32_t> architecture_of(const json& item) {
  std::string name = item.is_string() ? item.get<std::string>() : "";
  constexpr std::string_view kPrefix = "SCMP_ARCH_";
  const std::string shown = name.substr(0, 60);
  if (!name.starts_with(kPrefix)) return fail("architectures: \"" + shown + "\" is none");
  name.erase(0, kPrefix.size());
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::uint32_t number = ::seccomp_arch_resolve_name(name.c_str());
  if (number == 0) return fail("architectures: \"" + shown + "\" is none");
  return number;
}

Result<Profile> profile_of(const json& object) {
  TRY(only_keys(object, "",
                {"defaultAction", "defaultErrnoRet", "architectures", "flags", "syscalls"}));
  Profile profile;
  profile.default_action = TRY(action_of(object, "", "defaultAction", "defaultErrnoRet"));
  for (const json& item : *TRY(list_of(object, "", "architectures"))) {
    profile.architectures.push_back(TRY(architecture_of(item)));
  }
  if (!TRY(list_of(object, "", "flags"))->empty()) {
    return fail("flags are not supported: leave them out");
  }
  const json& rules = *TRY(list_of(object, "", "syscalls"));
  for (std::size_t i = 0; i < rules.size(); ++i) {
    profile.rules.push_back(TRY(rule_of(rules[i], "syscalls[" + std::to_string(i) + "]: ")));
  }
  return profile;
}

Result<void> add(const SeccompFilter& filter, const std::string& name, std::uint32_t action,
                 std::span<const scmp_arg_cmp> conditions) {
  const int call = ::seccomp_syscall_resolve_name(name.c_str());
  if (call == __NR_SCMP_ERROR) return {};
  const int error = ::seccomp_rule_add_array(
      filter.get(), action, call, static_cast<unsigned>(conditions.size()), conditions.data());
  // EEXIST: the same rule once more.
  if (error == 0 || error == -EEXIST) return {};
  return std::unexpected(Error{"the rule for " + name.substr(0, 60) + " cannot be made", -error});
}

// The library takes one condition for an argument in a rule.
bool repeats_an_argument(const std::vector<scmp_arg_cmp>& conditions) {
  std::array<int, 6> seen{};
  return std::ranges::any_of(conditions,
                             [&](const scmp_arg_cmp& one) { return ++seen[one.arg] > 1; });
}

Result<void> add(const SeccompFilter& filter, const Rule& rule) {
  for (const std::string& name : rule.names) {
    if (!repeats_an_argument(rule.conditions)) {
      TRY(add(filter, name, rule.action, rule.conditions));
      continue;
    }
    for (const scmp_arg_cmp& condition : rule.conditions) {
      TRY(add(filter, name, rule.action, {&condition, 1}));
    }
  }
  return {};
}

}  // namespace

Result<std::string> compile_seccomp_profile(std::string_view text) {
  json document;
  try {
    document = json::parse(text);
  } catch (const json::exception& error) {
    return fail(std::string("no JSON: ") + error.what());
  }
  const Profile profile = TRY(profile_of(document));
  const SeccompFilter filter(::seccomp_init(profile.default_action), &::seccomp_release);
  if (!filter) return fail("the default action cannot be given");
  for (const std::uint32_t architecture : profile.architectures) {
    const int error = ::seccomp_arch_add(filter.get(), architecture);
    if (error != 0 && error != -EEXIST) {
      return std::unexpected(Error{"architectures: one cannot be added", -error});
    }
  }
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (const Rule& rule : profile.rules) {
    if (rule.action != profile.default_action) TRY(add(filter, rule));
  }
  std::vector<sock_filter> front;
  if ((profile.default_action & kActionBits) == SCMP_ACT_ERRNO(0)) {
    refuse_unknown(front, ::seccomp_arch_native());
    for (const std::uint32_t architecture : profile.architectures) {
      const bool own_word = architecture != SCMP_ARCH_X32;
      if (own_word && architecture != ::seccomp_arch_native()) refuse_unknown(front, architecture);
    }
  }
  return export_seccomp(filter, front);
}

}  // namespace berth::runtime
