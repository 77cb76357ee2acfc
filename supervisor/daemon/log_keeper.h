// LogKeeper: the log pumps of all containers, on the loop.
//
// A stream that is readable is pumped once for each turn of the loop, 64 KiB at most, so that a
// container that writes without end gets its share and no more. While the journal takes no more of
// a container's lines, its streams are not read; lines that still wait when its FIFOs go are sent
// afterwards, and in order.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "supervisor/base/unique_fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/handoff/messages.h"
#include "supervisor/logs/log_pump.h"
#include "supervisor/model/spec.h"

namespace berth::daemon {

class LogKeeper {
 public:
  // Gives the keeper a descriptor to hold under (id, kind). The descriptor stays the caller's.
  using Hold = std::function<void(std::uint64_t id, handoff::HeldKind kind, int fd)>;

  LogKeeper(Loop& loop, Paths paths, Hold hold = {});
  // Gives the journal a last moment, a second at most, for the lines that wait for it.
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // What the keeper held for an earlier worker under handoff::kInstanceId (staging_read and
  // staging_write); before start().
  void take(handoff::HeldKind kind, unique_fd held);
  // All that was held has been taken. What an earlier worker had read and not written yet is
  // written now. begin() and adopt() call it when it was not called.
  void start();

  // The container was launched: its FIFOs are there, or this is its console.
  void begin(const ContainerSpec& spec, std::uint64_t launch_id, unique_fd console);
  // The same for one that an earlier worker launched, and that runs, or has ended and is not
  // cleaned up yet (end() follows then). `console`: what the keeper held, if it has one. The FIFOs
  // are opened again and given to the keeper, which may be another than the one that held them.
  void adopt(const ContainerSpec& spec, std::uint64_t launch_id, unique_fd console);
  void reconfigure(const ContainerSpec& spec);
  // Its first process has ended: what is left in the FIFOs is written out.
  void end(const std::string& container);
  // Its FIFOs are about to go.
  void close(const std::string& container);

  // Why its log is not being written, and how much was lost; empty when all is well.
  [[nodiscard]] std::string trouble(const std::string& container) const;

 private:
  struct Entry {
    explicit Entry(logs::LogPump opened) : pump(std::move(opened)) {}
    logs::LogPump pump;
    Loop::Watch out;
    Loop::Watch err;
    Loop::Watch journal;  // for writing, while it holds the streams up
    bool held_up = false;
  };

  // Lines of a container that is gone, or logs elsewhere now.
  struct SetAside {
    logs::JournalWriter journal;
    Loop::Watch writable;
  };

  void give_to_keeper(const std::string& container, std::uint64_t launch_id);
  void watch(const std::string& container, Entry& entry, logs::Stream stream);
  void pump(const std::string& container, logs::Stream stream);
  void flush(const std::string& container, Entry& entry);
  void hold_or_let_go(const std::string& container, Entry& entry);
  void set_aside(logs::LogPump& pump);
  void take_up(logs::LogPump& pump, const std::string& container);
  void retry_after(Duration wait);
  void retry();
  void flush_set_aside();

  Loop& loop_;
  Paths paths_;
  Hold hold_;
  unique_fd staging_read_;
  unique_fd staging_write_;
  logs::PumpBuffer buffer_;
  std::map<std::string, Entry> entries_;
  std::list<SetAside> set_aside_;
  Loop::Timer retry_;
  std::optional<Instant> retry_at_;
};

}  // namespace berth::daemon
