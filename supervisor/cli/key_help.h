// The key tables as texts for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/keys.h"

namespace berth::cli {

struct KeyHelp {
  std::string name;   // in full: "limits.memory", "mounts.source"
  std::string leaf;   // as its example is written: "limits.memory", "source"
  std::string place;  // may stand in front of the name when asked for: "network", "berthd"
  std::string file;  // where it is written: "container", "network", "berthd.toml", "item of mounts"
  std::string type;  // "size", "list of texts"
  std::string default_text;
  std::string choices;
  std::string cost_word;  // "live"; empty where keys have no cost of their own
  std::string cost;       // what a change does, in words
  std::string meaning;
  std::string example;
};

std::vector<KeyHelp> key_helps();

}  // namespace berth::cli
