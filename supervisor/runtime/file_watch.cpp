#include "supervisor/runtime/file_watch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>

#include "supervisor/base/sha256.h"
#include "supervisor/base/units.h"

namespace berth::runtime {

namespace {

using handoff::FileQuestion;
using handoff::FilesRequest;
using handoff::FileStamp;

constexpr const char* kHangs = "it does not answer";

std::string words_for(int error, std::uint64_t most) {
  switch (error) {
    case EINVAL: return "it is not a regular file";
    case EFBIG: return "it is larger than " + format_bytes(Bytes{most});
    default: return std::strerror(error);
  }
}

bool is_answered(const FileQuestion& question) {
  return __atomic_load_n(&question.answered, __ATOMIC_ACQUIRE) != 0;
}

}  // namespace

void FileWatch::watch(const std::set<std::string>& paths, Instant now) {
  std::erase_if(entries_, [&](const auto& entry) { return !paths.contains(entry.first); });
  for (const std::string& path : paths) {
    const auto [entry, added] = entries_.try_emplace(path);
    if (added) entry->second.alone_at = now;
  }
  if (!next_look_) next_look_ = now + kInterval;
  if (entries_.empty()) next_look_.reset();
  on_time(now);
}

std::optional<Instant> FileWatch::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  if (next_look_ && !together_) consider(*next_look_);
  if (alone_ >= kAloneMost) return next;
  for (const auto& [path, entry] : entries_) {
    if (entry.alone_at && !entry.under_way) consider(*entry.alone_at);
  }
  return next;
}

void FileWatch::on_time(Instant now) {
  std::vector<std::string> together;
  std::vector<std::string> alone;
  const bool due = next_look_ && *next_look_ <= now && !together_;
  for (const auto& [path, entry] : entries_) {
    if (entry.under_way) continue;
    if (!entry.alone_at) {
      if (due) together.push_back(path);
    } else if (*entry.alone_at <= now && alone_ + alone.size() < kAloneMost) {
      alone.push_back(path);
    }
  }
  if (due) next_look_ = now + kInterval;
  if (!together.empty()) {
    together_ = true;
    look_at(together, false, now);
  }
  alone_ += alone.size();
  for (const std::string& path : alone) look_at({path}, true, now);
}

void FileWatch::submit(const Asks& asks, Instant now, Done done) {
  auto request = FilesRequest::make(asks, key_);
  const auto shared = std::make_shared<FilesRequest>();
  Job job;
  job.program.from({"look at files", "", 0, 0});
  job.program.add(handoff::Op::look_at_files, {.fd = handoff::slot(0)});
  job.program.set_fd_count(1);
  job.deadline = kPatience;
  if (request) {
    *shared = *std::move(request);
    job.fds.emplace_back(::fcntl(shared->memfd(), F_DUPFD_CLOEXEC, 0));
  }
  // Without descriptors or memory the launcher refuses, and it is tried again like what hangs.
  if (!request || !job.fds.front()) return done(*shared, true);
  job.done = [shared, done = std::move(done)](const JobResult& result) {
    done(*shared, result.error.has_value());
  };
  pool_.submit(std::move(job), now);
}

void FileWatch::look_at(const std::vector<std::string>& paths, bool alone, Instant now) {
  Asks asks;
  for (const std::string& path : paths) {
    Entry& entry = entries_.at(path);
    entry.under_way = true;
    asks.push_back(
        {path, entry.now.error.empty() ? entry.stamp : FileStamp(), kWatchedMost, false});
  }
  submit(asks, now,
         [this, paths, alone, look = ++looks_](const FilesRequest& request, bool failed) {
           if (alone)
             --alone_;
           else
             together_ = false;
           look_ended(paths, look, request, failed);
         });
}

void FileWatch::look_ended(const std::vector<std::string>& paths, std::uint64_t look,
                           const FilesRequest& request, bool failed) {
  const Instant now = BootClock::now();
  const bool has_answers = request.memfd() >= 0;
  const std::uint32_t hangs_at = has_answers ? request.header().at : 0;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto found = entries_.find(paths[i]);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.under_way = false;
    if (has_answers && is_answered(request.questions()[i])) {
      take(entry, request.questions()[i], look);
    } else if (failed && i == hangs_at) {
      entry.now = FileState{"", kHangs};
      entry.alone_at = now + kAloneInterval;
    }
  }
  tell_changes(now);
}

void FileWatch::take(Entry& entry, const FileQuestion& answer, std::uint64_t look) {
  entry.alone_at.reset();
  if (look < entry.look) return;  // a launch has looked since
  entry.look = look;
  if (answer.error != 0) {
    entry.now = FileState{"", words_for(answer.error, answer.most)};
    return;
  }
  if (answer.same == 0) {
    entry.digest = to_hex(answer.digest);
    // What changed a moment ago may change again without a new stamp.
    entry.stamp = answer.recent != 0 ? FileStamp() : answer.stamp;
  }
  entry.now = FileState{entry.digest, ""};
}

// All changes together, when all have come to rest: several files that are written one after the
// other are one change. A file that vanished may be about to be replaced.
bool FileWatch::changes_rest(Instant now) {
  bool changed = false;
  bool written = false;
  bool vanished = false;
  for (const auto& [path, entry] : entries_) {
    if (!entry.told || *entry.told == entry.now) continue;
    changed = true;
    if (!entry.now.error.empty())
      vanished = true;
    else if (entry.stamp == FileStamp())
      written = true;
  }
  if (!changed) {
    unsettled_since_.reset();
    return false;
  }
  if (!unsettled_since_) unsettled_since_ = now;
  const Duration waited = now - *unsettled_since_;
  if (waited >= kLongest || (!written && (!vanished || waited >= kQuiet))) {
    unsettled_since_.reset();
    return true;
  }
  next_look_ = std::min(next_look_.value_or(now + kQuiet), now + kQuiet);
  return false;
}

void FileWatch::tell_changes(Instant now) {
  const bool rest = changes_rest(now);
  event::FilesRead event;
  for (auto& [path, entry] : entries_) {
    const bool unknown = entry.now == FileState();
    if (unknown || (entry.told ? !rest || *entry.told == entry.now : false)) continue;
    entry.told = event.files[path] = entry.now;
  }
  if (!event.files.empty()) emit_(std::move(event));
}

void FileWatch::read(const std::vector<FileReference>& references, Instant now,
                     std::function<void(std::vector<FoundFile>)> done) {
  using Kind = FileReference::Kind;
  Asks asks;
  for (const FileReference& reference : references) {
    const std::uint64_t most = reference.kind == Kind::watched ? kWatchedMost : kTextMost;
    asks.push_back({reference.path, FileStamp(), most, reference.kind == Kind::env_file});
  }
  submit(asks, now,
         [this, references, look = ++looks_, done = std::move(done)](const FilesRequest& request,
                                                                     bool) {
           std::vector<FoundFile> found;
           event::FilesRead event;
           for (std::size_t i = 0; i < references.size(); ++i) {
             FoundFile file{references[i], false, {"", kHangs}, ""};
             if (request.memfd() >= 0 && is_answered(request.questions()[i])) {
               const FileQuestion& answer = request.questions()[i];
               Entry seen;
               take(seen, answer, look);
               file.answered = true;
               file.state = seen.now;
               if (answer.wanted != 0) file.content = request.content(answer);
               const auto entry = entries_.find(file.reference.path);
               if (entry != entries_.end()) {
                 take(entry->second, answer, look);
                 if (entry->second.told != file.state) {
                   entry->second.told = event.files[file.reference.path] = file.state;
                 }
               }
             }
             found.push_back(std::move(file));
           }
           if (!event.files.empty()) emit_(std::move(event));
           done(std::move(found));
         });
}

}  // namespace berth::runtime
