// A directory for tests, and a disk whose power can be cut.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include <stdlib.h>

#include "supervisor/generation/store.h"

namespace berth::generation {

class TestDirectory {
 public:
  TestDirectory() {
    // In memory, if there is such a place: the store syncs often, and what a disk may lose is
    // played by FailingFiles.
    const std::filesystem::path memory = "/dev/shm";
    const auto place =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = place / "berth-generation-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Does what it is told on the real file system, so many steps of it; then the power is gone, and
// with it what was not synced: in `lose()`, what the caller chooses of it.
class FailingFiles final : public Files {
 public:
  static constexpr int kNever = -1;
  explicit FailingFiles(int steps = kNever) : left_(steps) {}

  Result<void> write(const std::string& path, std::string_view content) override {
    if (!step()) {
      // The step that was under way got half as far.
      if (power_) (void)disk_.write(path, content.substr(0, content.size() / 2));
      return cut();
    }
    unsynced_.insert(path);
    return disk_.write(path, content);
  }
  Result<void> sync(const std::string& path) override {
    if (!step()) return cut();
    unsynced_.erase(path);
    std::erase_if(renamed_, [&](const auto& each) { return parent_of(each.first) == path; });
    return disk_.sync(path);
  }
  Result<void> sync_all(const std::string& directory) override {
    if (!step()) return cut();
    unsynced_.clear();
    renamed_.clear();
    return disk_.sync_all(directory);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (!step()) return cut();
    if (unsynced_.erase(from) > 0) unsynced_.insert(to);
    std::ifstream former(to);
    renamed_.emplace(to, former ? std::string(std::istreambuf_iterator<char>(former), {})
                                : std::string(kAbsent));
    return disk_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    if (!step()) return cut();
    return disk_.remove(path);
  }
  Result<void> make_directory(const std::string& path) override {
    if (!step()) return cut();
    return disk_.make_directory(path);
  }

  [[nodiscard]] bool is_cut() const { return !power_; }
  [[nodiscard]] int steps() const { return taken_; }

  // What a disk may have lost: the contents of files that were not synced, and names whose
  // directory was not.
  void lose(bool contents, bool names) {
    if (contents) {
      for (const std::string& path : unsynced_) {
        std::error_code ignored;
        if (std::filesystem::exists(path)) std::filesystem::resize_file(path, 0, ignored);
      }
    }
    if (!names) return;
    for (const auto& [path, former] : renamed_) {
      std::filesystem::remove(path);
      if (former != kAbsent) std::ofstream(path) << former;
    }
  }

 private:
  static constexpr const char* kAbsent = "(absent)";
  static std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  bool step() {
    if (!power_) return false;
    if (left_ == 0) return false;
    if (left_ > 0) --left_;
    ++taken_;
    return true;
  }
  Result<void> cut() {
    power_ = false;
    return fail("the power is gone");
  }

  DiskFiles disk_;
  int left_;
  int taken_ = 0;
  bool power_ = true;
  std::set<std::string> unsynced_;
  std::map<std::string, std::string> renamed_;  // and what was there before
};

// A listing of these texts, as containers by name.
struct TestSet {
  std::map<std::string, std::string> texts;

  [[nodiscard]] Listing listing() const {
    Listing made;
    for (const auto& [name, text] : texts) {
      made.containers[name] = {{"containers/" + name + ".toml", sha256_hex(text)}};
    }
    return made;
  }
  [[nodiscard]] Store::TextOf text_of() const {
    return [this](const std::string& digest) -> const std::string* {
      for (const auto& [name, text] : texts) {
        if (sha256_hex(text) == digest) return &text;
      }
      return nullptr;
    };
  }
};

}  // namespace berth::generation
