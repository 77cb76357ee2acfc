// DefinitionWatch: tells when the definition directories have changed and come to rest.
//
// A burst of changes (an editor's temporary files, a git checkout, a swapped symlink) is one
// change: the callback comes when nothing happened for kQuiet, or kLongest after the first change
// when the writer does not stop. It never says what changed: the directories are read again whole.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "supervisor/base/unique_fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/model/paths.h"

namespace berth::daemon {

class DefinitionWatch {
 public:
  static constexpr Duration kQuiet = std::chrono::milliseconds(100);
  static constexpr Duration kLongest = std::chrono::seconds(2);

  DefinitionWatch(Loop& loop, const Paths& paths, std::function<void()> changed);

  // Watches the directories that exist now; to be called again before each reading of them, for
  // directories come, go and are swapped. Inotify watches follow inodes, not names.
  void renew();

  // Why changes cannot be noticed (inotify limits); empty when they can.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  void on_events();
  void note_change();
  void add(const std::string& directory);

  Paths paths_;
  std::function<void()> changed_;
  unique_fd inotify_;
  Loop::Watch watch_;
  Loop::Timer timer_;
  std::optional<Instant> first_change_;
  std::string trouble_;
};

}  // namespace berth::daemon
