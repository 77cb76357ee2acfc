// Notifier: the sockets by which containers with healthcheck.notify say that they are ready.
//
// Each such container has a datagram socket of its own (sd_notify(3)), which its launch binds to
// /run/host/notify inside: whatever comes over it comes from that container.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/plan/event.h"

namespace berth::daemon {

class Notifier {
 public:
  Notifier(Loop& loop, std::function<void(Event)> emit) : loop_(loop), emit_(std::move(emit)) {}

  // Before a launch: makes the socket at `path`, in place of one of an earlier launch. Messages
  // become event::Notified of this launch. The socket, which stays this object's. Error: what the
  // kernel says, with the path.
  Result<int> prepare(const std::string& container, std::uint64_t launch_id,
                      const std::string& path);
  // Goes on hearing what an earlier worker's container says.
  void adopt(const std::string& container, std::uint64_t launch_id, unique_fd socket);
  // The container's process is gone: nothing more is heard.
  void forget(const std::string& container) { entries_.erase(container); }

 private:
  struct Entry {
    unique_fd socket;
    std::uint64_t launch_id = 0;
    bool ready = false;  // it has said so
    std::string status;  // as last said
    Loop::Watch watch;   // goes before the socket
    Loop::Timer pause;   // of one that says too much
  };

  void listen(const std::string& container, Entry& entry);
  void on_readable(const std::string& container);

  Loop& loop_;
  std::function<void(Event)> emit_;
  std::map<std::string, Entry> entries_;
};

}  // namespace berth::daemon
