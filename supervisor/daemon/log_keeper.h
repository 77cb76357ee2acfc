// LogKeeper: the log pumps of all containers, on the loop.
//
// A stream that is readable is pumped once for each turn of the loop, 64 KiB at most, so that a
// container that writes without end gets its share and no more.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "supervisor/daemon/loop.h"
#include "supervisor/logs/log_pump.h"
#include "supervisor/model/spec.h"

namespace berth::daemon {

class LogKeeper {
 public:
  LogKeeper(Loop& loop, Paths paths) : loop_(loop), paths_(std::move(paths)) {}

  // The container runs: its FIFOs are there.
  void begin(const ContainerSpec& spec);
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
  };

  void watch(const std::string& container, Entry& entry, logs::Stream stream);
  void pump(const std::string& container, logs::Stream stream);

  Loop& loop_;
  Paths paths_;
  logs::PumpBuffer buffer_;
  std::map<std::string, Entry> entries_;
};

}  // namespace berth::daemon
