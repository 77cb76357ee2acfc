// The key tables without their C++ types: what `berth explain`, the JSON Schemas and the reference
// pages say about a key. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/model/keys.h"

namespace berth {

// What one value is; of a list or table, each of its members.
enum class ValueKind {
  boolean,
  integer,
  number,
  text,
  size,
  duration,
  signal,
  word,  // one of KeyInfo::words
  ulimit,
  port,
  device,
  calendar,
  window,
  mount,  // these four are tables with keys of their own, or a short form
  dependency,
  attachment,
  io_limit,
};
enum class Arrangement { one, list, table };

struct KeyInfo {
  std::string name;   // in full: "limits.memory", "mounts.source"
  std::string leaf;   // as its example is written: "limits.memory", "source"
  std::string place;  // may stand in front of the name when asked for: "network", "berthd"
  std::string file;   // "container", "network", "berthd.toml", "item of mounts"
  ValueKind kind = ValueKind::text;
  Arrangement arrangement = Arrangement::one;
  std::vector<std::string> words;  // all that a word may be; of a text with choices, too
  Shape shape = Shape::any;
  std::optional<double> least;  // of a number; of a size in bytes, of a duration in seconds
  std::optional<double> most;
  std::string default_text;
  Cost cost = Cost::none;
  bool has_cost = false;  // keys of networks and of the host have none of a container's
  std::string meaning;
  std::string example;
  std::string remedy;  // of a key that is known, but refused by this version: what to do instead
  [[nodiscard]] bool supported() const { return remedy.empty(); }
};

// Every key of every table, in the tables' order; last those that are only known to be refused.
std::vector<KeyInfo> all_keys();

std::string type_in_words(const KeyInfo& key);   // "size", "list of texts"
std::string range_in_words(const KeyInfo& key);  // "1M to 4G", "at least 1"; empty: any
std::string_view in_words(Cost cost);            // "restarts the container"

}  // namespace berth
