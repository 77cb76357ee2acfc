// FileWatch: knows how files of the host are, and tells when one has changed.
//
// Launchers look, because a path may hang; all files that answer are looked at together once in
// kInterval, by their stamps alone. Looking, and not inotify, because what a path leads to also
// changes where nobody watches: behind a symbolic link, below a new mount, on another machine.
// A change is told when it has come to rest: nothing was written for kFileQuiet, or kLongest has
// passed. A file that does not answer is given up after kPatience and then looked at alone, so
// that it holds up no other.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/handoff/files.h"
#include "supervisor/model/references.h"
#include "supervisor/plan/event.h"
#include "supervisor/runtime/launcher_pool.h"

namespace berth::runtime {

// A file as a launch finds it.
struct FoundFile {
  FileReference reference;
  bool answered = false;  // else its path hangs, and nothing is known
  FileState state;
  std::string content;  // of an env_file
};

class FileWatch {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);
  static constexpr Duration kQuiet = Duration(handoff::kFileQuiet);
  static constexpr Duration kLongest = std::chrono::seconds(2);
  static constexpr Duration kPatience = std::chrono::seconds(5);
  static constexpr Duration kAloneInterval = std::chrono::seconds(30);
  static constexpr std::size_t kAloneMost = 4;              // looks at single files at a time
  static constexpr std::uint64_t kTextMost = 1u << 20;      // bytes of an env_file or a secret
  static constexpr std::uint64_t kWatchedMost = 64u << 20;  // bytes of a watched file

  // `emit` is given FilesRead events; it queues.
  FileWatch(LauncherPool& pool, std::function<void(Event)> emit, const handoff::FilesKey& key)
      : pool_(pool), emit_(std::move(emit)), key_(key) {}

  // These and no others.
  void watch(const std::set<std::string>& paths, Instant now);
  // Now, for a launch; what is found is told at once, too, where it is watched.
  void read(const std::vector<FileReference>& references, Instant now,
            std::function<void(std::vector<FoundFile>)> done);

  [[nodiscard]] std::optional<Instant> next_deadline() const;
  void on_time(Instant now);

 private:
  struct Entry {
    handoff::FileStamp stamp;  // of what the digest is of; none: it is to be read again
    std::string digest;
    FileState now;                    // as it was last found
    std::optional<FileState> told;    // none: nobody has looked yet
    std::optional<Instant> alone_at;  // it is looked at alone, at this time
    bool under_way = false;
    std::uint64_t look = 0;  // the last one whose answer counted
  };
  using Asks = std::vector<handoff::FilesRequest::Ask>;
  using Done = std::function<void(const handoff::FilesRequest&, bool failed)>;

  void submit(const Asks& asks, Instant now, Done done);
  void look_at(const std::vector<std::string>& paths, bool alone, Instant now);
  void look_ended(const std::vector<std::string>& paths, std::uint64_t look,
                  const handoff::FilesRequest& request, bool failed);
  void take(Entry& entry, const handoff::FileQuestion& answer, std::uint64_t look);
  bool changes_rest(Instant now);
  void tell_changes(Instant now);

  LauncherPool& pool_;
  std::function<void(Event)> emit_;
  handoff::FilesKey key_;
  std::map<std::string, Entry> entries_;
  std::uint64_t looks_ = 0;
  std::size_t alone_ = 0;             // looks at single files under way
  bool together_ = false;             // the look at all others is under way
  std::optional<Instant> next_look_;  // of that one
  std::optional<Instant> unsettled_since_;
};

}  // namespace berth::runtime
