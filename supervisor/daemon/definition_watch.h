// DefinitionWatch: tells when definitions have changed and come to rest, and which files are being
// written at a moment; see read_timing.h for the times.
//
// It never says what changed: everything is looked at again (definition::Cache makes that cheap).
// Watched are the directories of every layer with their drop-in directories, and each directory on
// the way to them and to what their symlinks lead to, so that a directory that appears, vanishes
// or is swapped behind a link (git-sync's "..data") is noticed. Inotify watches follow inodes, not
// names, so the watches are renewed with each reading.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "supervisor/base/unique_fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/read_timing.h"
#include "supervisor/model/paths.h"

namespace berth::daemon {

class DefinitionWatch {
 public:
  // `changed` is called when it is time to read.
  DefinitionWatch(Loop& loop, const Paths& paths, std::function<void()> changed);

  // To be called before a reading: watches what there is now.
  void begin_reading();
  // To be called after it, with Snapshot::torn. True: files changed meanwhile, so that what was
  // read may be of different moments; it is to be thrown away, and `changed` is called again.
  bool read_again(bool torn);
  // When it is not: files that were written in place while they were read, or vanished just
  // before, because the reading could not wait any longer; for definition::hold_back.
  [[nodiscard]] const std::set<std::string>& held() const { return held_; }

  // Why changes cannot be noticed (inotify limits); empty when they can.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  struct Watched {
    std::set<std::string> names;  // whose changes count
    bool definitions = false;     // and those of all names that definitions and drop-ins can have
    std::string origin;           // of a directory of definitions: the path that it is known by
  };
  using Watches = std::map<int, Watched>;
  class Way;

  void renew();
  void on_events();
  void drain();
  void note(const void* events, std::size_t size);
  void note_event(std::uint32_t mask, const Watched& watched, const std::string& name);
  void note_change();
  void set_timer();

  Paths paths_;
  unique_fd inotify_;
  Watches watches_;
  std::string trouble_;

  ReadTiming timing_;
  std::uint64_t changes_ = 0;                // that were noted, ever
  std::uint64_t changes_before_ = 0;         // when the reading began
  std::set<std::string> writing_;            // open, and written to
  std::set<std::string> written_;            // in place, since the reading began
  std::map<std::string, Instant> vanished_;  // lately; perhaps to be written anew in a moment
  std::set<std::string> held_;

  Loop::Watch watch_;
  Loop::Timer timer_;
};

}  // namespace berth::daemon
