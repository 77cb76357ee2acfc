// JSON texts as trees of values, which the decoder of definition files reads, too.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"
#include "supervisor/definition/tree.h"

namespace berth::record {

using definition::List;
using definition::Table;
using definition::Value;

// Anybody may have written the text: what is nested deeper than `depth_most` is Broken. Of keys
// that stand twice the last counts.
Result<Value> parse_json(std::string_view text, unsigned depth_most);

// A member of a table; Null when there is none, or when the value is no table.
const Value& member_of(const Value& table, std::string_view name);
// The members, or items; none when the value is something else.
const Table& members_of(const Value& table);
const List& items_of(const Value& list);
// "" when the value is something else.
std::string text_of(const Value& value);
[[nodiscard]] inline bool is_null(const Value& value) {
  return value.get<definition::Null>() != nullptr;
}

}  // namespace berth::record
