#include "supervisor/definition/tree.h"

#include "supervisor/definition/wording.h"
#include "supervisor/model/values.h"

namespace berth::definition {

Place place_of(const Member& member) {
  const bool compound = member.value.get<List>() != nullptr || member.value.get<Table>() != nullptr;
  return compound || member.value.place.line == 0 ? member.place : member.value.place;
}

std::string describe(const Value& value) {
  struct Describe {
    std::string operator()(const Null&) const { return "nothing"; }
    std::string operator()(const Broken&) const { return "something unreadable"; }
    std::string operator()(bool flag) const { return "the boolean " + format_value(flag); }
    std::string operator()(std::int64_t number) const {
      return "the integer " + format_value(number);
    }
    std::string operator()(double number) const { return "the number " + format_value(number); }
    std::string operator()(const std::string& text) const { return "the string " + quote(text); }
    std::string operator()(const List&) const { return "a list"; }
    std::string operator()(const Table&) const { return "a table"; }
  };
  return std::visit(Describe{}, value.data);
}

}  // namespace berth::definition
