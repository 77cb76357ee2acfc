// Small texts: what the formats that are imported have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::importing {

// In double quotes, escaped as TOML wants it; fit for a terminal, too.
std::string quote(std::string_view text);

std::string_view trim(std::string_view text);
std::string lower(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
// Without empty words.
std::vector<std::string> split_spaces(std::string_view text);

// As a shell would split it: spaces part words, '…', "…" and a backslash keep what is in them.
// Nothing is expanded. Empty when a quote is not closed.
std::optional<std::vector<std::string>> split_quoted(std::string_view text);

// The name of a container, network or volume: [a-z0-9][a-z0-9_.-]{0,62}, made from any text.
std::string definition_name(std::string_view text);
// Whether a name can stand in a definition's aliases.
bool is_hostname(std::string_view text);

// yes, true, on, 1, in any case; and their opposites.
std::optional<bool> boolean_of(std::string_view text);
std::optional<std::int64_t> integer_of(std::string_view text);
std::optional<double> number_of(std::string_view text);

// "512m", "1.5g", "64kb", "1048576": as docker, systemd and lxc write sizes, in factors of 1024.
// The answer is as definitions write it: "512M".
std::optional<std::string> size_of(std::string_view text);
std::string size_text(std::uint64_t bytes);
std::optional<std::uint64_t> bytes_of(std::string_view size);

// Durations in definitions' writing, "1m30s". docker: "1h5m30s20ms"; systemd: "5min 20s", "90",
// "infinity" (empty then, as for what is none).
std::optional<std::string> duration_of(std::string_view text);
std::optional<std::string> systemd_duration_of(std::string_view text);
std::string seconds_text(double seconds);
// Seconds of a definition's duration; 0 for what is none.
double seconds_of(std::string_view duration);

// cpu.weight from v1's shares, as the OCI runtimes reckon it: 1024 -> 39.
std::int64_t weight_of_shares(std::int64_t shares);

// An absolute path without ".", "..", "//" or a trailing slash; relative ones are below `base`.
std::string absolute_path(std::string_view path, const std::string& base);

}  // namespace berth::importing
