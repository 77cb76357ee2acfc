// What a text must look like beyond being one: the checks behind model/keys.h's Shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/definition/wording.h"
#include "supervisor/model/keys.h"

namespace berth::definition {

// What is wrong with it, if anything is.
std::optional<Complaint> check_shape(Shape shape, std::string_view text);

// The name of a file becomes the name of what it defines: [a-z0-9][a-z0-9_.-]{0,62}.
bool is_container_name(std::string_view text);
bool is_hostname(std::string_view text);

// "NET_ADMIN", "cap_net_admin" -> "net_admin"; empty for what is no capability. "all" stays.
std::string normal_capability(std::string_view text);

// A decimal number, no sign, no more than `most`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most);

std::vector<std::string_view> split(std::string_view text, char separator);

// True for text with a NUL, newline or other control character in it.
bool has_control(std::string_view text);

}  // namespace berth::definition
