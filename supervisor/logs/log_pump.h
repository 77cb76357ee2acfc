// LogPump: moves what one container writes on stdout and stderr from its FIFOs into its log files,
// or to the journal.
//
// The daemon owns the loop: it watches fd(stream) for reading and calls pump() when it is ready.
// A call does one read(2) and at most one write(2) (more only where a file becomes full), so that
// a container that writes without end costs a turn of the loop a bounded time. Not written yet
// when the worker is killed, and then lost: what one call has read, and a line without its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/logs/cri_lines.h"
#include "supervisor/logs/journal_writer.h"
#include "supervisor/logs/log_writer.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"

namespace berth::logs {

inline constexpr std::size_t kPumpBudget = 64 * 1024;  // what a FIFO holds by default

// The working memory of pump(). One serves all pumps of a loop, one call after the other. `records`
// grows to 41 times the budget at most (a payload that writes nothing but newlines).
struct PumpBuffer {
  std::vector<char> bytes = std::vector<char>(kPumpBudget);
  std::string records;
};

struct PumpOutcome {
  std::size_t bytes = 0;  // read from the payload
  bool more = false;      // as much was read as was allowed: there is likely more
  bool closed = false;    // nobody has the FIFO open for writing any more: stop watching it
};

class LogPump {
 public:
  // Opens the FIFOs "stdout" and "stderr" in paths.run_of(container), which must exist, and the
  // log file. A log file that cannot be opened is no error: bytes are read and counted as lost
  // until it can (see trouble()), so that a full disk never stops a payload.
  // With the driver `journald` see held_up().
  static Result<LogPump> open(const Paths& paths, std::string_view container,
                              const LoggingSpec& spec,
                              std::string journal_socket = std::string(kJournalSocket));

  // The same for a container whose output is a terminal: `master` is its pty's. All of it is
  // Stream::out; there is no Stream::err.
  static Result<LogPump> of_console(const Paths& paths, std::string_view container,
                                    const LoggingSpec& spec, unique_fd master,
                                    std::string journal_socket = std::string(kJournalSocket));

  // To be watched for reading; -1: there is no such stream. Valid as long as this pump.
  // Non-blocking.
  [[nodiscard]] int fd(Stream stream) const { return channel(stream).fifo.get(); }

  // Reads at most min(budget, buffer.bytes.size()) bytes and writes the lines that they complete;
  // less from a stream of very short lines, so that a call's writing stays near 256 KiB.
  // Nothing to read is no error (0 bytes). An error means that the FIFO itself cannot be read.
  Result<PumpOutcome> pump(Stream stream, std::size_t budget, PumpBuffer& buffer, WallTime now);

  // After the container's exit, or before the worker ends: reads what is left on both streams, at
  // most what each pipe holds (1 MiB at most), and writes lines without an end as P records.
  // `more`: somebody is still writing. The pump can be used on afterwards.
  Result<PumpOutcome> drain(PumpBuffer& buffer, WallTime now);

  // Applies a changed spec to the files; the FIFOs stay as they are. A line not ended yet is
  // written before the driver becomes `none`. What waits for the journal goes into the file when
  // that is the new driver; with `none` it stays with the writer, see take_journal().
  void reconfigure(const LoggingSpec& spec, WallTime now);

  // The journal takes no more at this moment: pump() is not to be called until it does, so that
  // the FIFOs fill and the payload waits. flush() when journal()->fd() is writable.
  [[nodiscard]] bool held_up() const { return journal_ && journal_->held_up(); }
  [[nodiscard]] const JournalWriter* journal() const { return journal_ ? &*journal_ : nullptr; }
  void flush();
  // Hands over the writer that lines still wait in, when the pump is done with it: before it goes,
  // or when the driver is `journald` no more. put_journal: the next pump goes on with it, so that
  // the lines stay in order; false when that one's driver is another.
  std::optional<JournalWriter> take_journal();
  bool put_journal(JournalWriter& journal);

  // What keeps the log from being written (for the container's status), and how many bytes of the
  // payload have been lost by it so far.
  [[nodiscard]] std::optional<Error> trouble() const;
  [[nodiscard]] std::uint64_t lost_total() const;

 private:
  struct Channel {
    Stream stream;
    unique_fd fifo;
    CriLines lines;
    std::size_t read_most;  // by how much its last bytes grew into records
  };

  LogPump(std::string directory, std::string container, std::string journal_socket, unique_fd out,
          unique_fd err);
  void write(std::string_view records, WallTime now);
  void log_to_file(const LoggingSpec& spec, WallTime now);
  Result<PumpOutcome> drain_one(Channel& from, PumpBuffer& buffer, WallTime now);
  void write_unfinished(Channel& of, std::string& records, WallTime now);
  Channel& channel(Stream stream) { return stream == Stream::out ? out_ : err_; }
  [[nodiscard]] const Channel& channel(Stream stream) const {
    return stream == Stream::out ? out_ : err_;
  }

  std::string directory_;
  std::string container_;
  std::string journal_socket_;
  bool is_console_ = false;
  LogDriver driver_ = LogDriver::none;
  Channel out_;
  Channel err_;
  std::optional<LogWriter> writer_;       // with the driver `file`
  std::optional<JournalWriter> journal_;  // with `journald`; after it until it is taken
};

}  // namespace berth::logs
