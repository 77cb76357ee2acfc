// JournalWriter: hands one container's records to journald, a datagram each, without ever blocking.
//
// What journald does not take at once waits here, and whoever reads the container's output reads
// no more meanwhile: the rest waits in the FIFO, and then the payload waits. After kPatience
// without a single datagram taken, what waits is lost and counted, as is what comes later, so that
// a journal that is gone for good stops no payload. When one takes datagrams again, the first says
// how many bytes were lost and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::logs {

inline constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

class JournalWriter {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);
  // A journal that is busy for less than this is nothing to tell of.
  static constexpr Duration kBusyTold = std::chrono::seconds(1);
  static constexpr std::size_t kQueueMax = 4 * 1024 * 1024;
  static constexpr int kBurst =
      256;  // datagrams of one call, so that a turn of the loop is bounded

  // A journal that is not there is no error: see trouble().
  JournalWriter(std::string container, std::string socket_path, Instant now);

  // Takes whole records (see cri_lines.h) and sends what it can.
  void write(std::string_view records, Instant now);
  // Sends what waits, and connects again where that is due.
  void flush(Instant now);

  // Records wait: read no more output until they do not.
  [[nodiscard]] bool held_up() const { return !rest().empty(); }
  // They do, or a loss is to be reported: call flush() when fd() is writable and after a moment.
  [[nodiscard]] bool waiting() const { return held_up() || lost_ > 0; }
  // To be watched for writing while held_up(); -1 while there is no journal to wait for. The same
  // descriptor for as long as this writer lives.
  [[nodiscard]] int fd() const { return connected_ ? socket_.get() : -1; }

  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
  // Bytes of the payload that were lost since this writer was made.
  [[nodiscard]] std::uint64_t lost_total() const { return lost_total_; }
  [[nodiscard]] const std::string& container() const { return container_; }

  // Counts what waits as lost.
  void give_up();
  // The records that wait, and one about a loss that is not reported yet, for another place to put
  // them; none wait afterwards.
  std::string take_queue();

 private:
  [[nodiscard]] std::string_view rest() const { return std::string_view(queue_).substr(sent_); }
  Result<void> connect();
  Result<void> send(const std::string& datagram);
  Result<void> send_next();
  Result<void> report_loss();
  [[nodiscard]] std::string loss_notice() const;
  void forget_queue();
  void refused(Error why, Instant now);
  void lose(std::string_view records, const Error& why);

  std::string container_;
  std::string socket_path_;
  unique_fd socket_;
  bool connected_ = false;

  std::string queue_;
  std::size_t sent_ = 0;  // bytes of queue_

  std::optional<Instant> refused_since_;
  std::uint64_t lost_ = 0;  // not reported yet
  std::uint64_t lost_total_ = 0;
  Error lost_reason_;
  std::optional<Error> trouble_;
};

}  // namespace berth::logs
