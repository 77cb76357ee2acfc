// Draft: a definition file in the making. Keys are set in any order, and written in that of the
// definition page, its sections after the keys of the top.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/import/toml.h"

namespace berth::importing {

class Draft {
 public:
  // Keys are dotted from the file's top: "limits.memory". Set twice, the last one stays.
  void set(const std::string& key, Toml value) { values_[key] = std::move(value); }
  void erase(const std::string& key) { values_.erase(key); }
  // To the list or the table of this key, which begins empty. A member that is there is replaced.
  void append(const std::string& key, Toml item);
  void put(const std::string& key, const std::string& member, Toml value);

  // The list of this key, to be changed; it must be there.
  TomlList& items(const std::string& key) { return *values_.at(key).get<TomlList>(); }

  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
  [[nodiscard]] const Toml* find(const std::string& key) const;
  [[nodiscard]] std::string text_of(const std::string& key) const;  // "" for what is no text

  // A sentence above the key, where it was approximated.
  void comment(const std::string& key, std::string text);
  void forget_comment(const std::string& key) { comments_.erase(key); }
  // A sentence at the top of the file.
  void heading(std::string text) { headings_.push_back(std::move(text)); }

  // Takes out what a diagnostic is about: a key, an item of a list ("mounts[2].target"), a member
  // of a table ("sysctls.\"net.core.somaxconn\""). False when there is no such thing.
  bool take_out(const std::string& path);

  [[nodiscard]] std::string render() const;

 private:
  [[nodiscard]] std::string render_group(const std::vector<std::string>& keys,
                                         std::size_t prefix) const;
  [[nodiscard]] std::string render_section(const std::string& key) const;
  [[nodiscard]] std::string render_comment(const std::string& key) const;
  [[nodiscard]] bool is_section(const std::string& key) const;
  void shorten_restart();
  [[nodiscard]] Toml shown(const std::string& key) const;

  std::map<std::string, Toml> values_;
  std::map<std::string, std::vector<std::string>> comments_;
  std::vector<std::string> headings_;
};

}  // namespace berth::importing
