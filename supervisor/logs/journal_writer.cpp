#include "supervisor/logs/journal_writer.h"

#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "supervisor/logs/cri_lines.h"
#include "supervisor/logs/journal_message.h"

namespace berth::logs {

namespace {

// The first record of `records`, with its newline.
std::string_view first_of(std::string_view records) {
  return records.substr(0, records.find('\n') + 1);
}

}  // namespace

JournalWriter::JournalWriter(std::string container, std::string socket_path, Instant now)
    : container_(std::move(container)), socket_path_(std::move(socket_path)) {
  flush(now);
}

void JournalWriter::write(std::string_view records, Instant now) {
  if (waiting()) flush(now);
  // While a loss is not reported nothing else is taken: the notice stands where bytes are missing.
  if (lost_ > 0 || rest().size() + records.size() > kQueueMax) {
    lose(records, trouble_.value_or(Error{"the journal takes lines too slowly", 0}));
    return;
  }
  queue_.erase(0, std::exchange(sent_, 0));
  queue_ += records;
  flush(now);
}

void JournalWriter::flush(Instant now) {
  auto sent = connected_ ? Result<void>() : connect();
  for (int count = 0; sent && waiting() && count < kBurst; ++count) {
    sent = rest().empty() ? report_loss() : send_next();
    if (!sent) break;
    refused_since_.reset();
    trouble_.reset();
  }
  if (!sent) {
    refused(std::move(sent).error(), now);
  } else if (!waiting()) {
    trouble_.reset();  // connected, and nothing to send
  }
  if (rest().empty()) forget_queue();
}

Result<void> JournalWriter::send_next() {
  const std::string_view record = first_of(rest());
  auto sent = send(journal_message(container_, record));
  if (!sent && sent.error().code == EMSGSIZE) {
    // It will not fit later either, and must not hold up the others.
    lose(record, sent.error());
    sent = {};
  }
  if (sent) sent_ += record.size();
  return sent;
}

Result<void> JournalWriter::report_loss() {
  TRY(send(journal_message(container_, loss_notice())));
  lost_ = 0;
  return {};
}

std::string JournalWriter::loss_notice() const {
  const std::string text = std::to_string(lost_) + " bytes lost: " + lost_reason_.message();
  return notice_record(text, wall_now());
}

// Connecting a datagram socket does not wait, and it can be done again on the same descriptor.
Result<void> JournalWriter::connect() {
  if (!socket_) socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail_errno("cannot make a socket for the journal");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path_.size() >= sizeof(address.sun_path))
    return fail_errno("no journal at " + socket_path_, ENAMETOOLONG);
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket_.get(), plain, sizeof(address)) < 0)
    return fail_errno("no journal at " + socket_path_);
  connected_ = true;
  return {};
}

Result<void> JournalWriter::send(const std::string& datagram) {
  for (bool again = true;; again = false) {
    if (!connected_) TRY(connect());
    if (::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return {};
    if (errno == EAGAIN || errno == ENOBUFS)
      return fail_errno("the journal at " + socket_path_ + " takes no more lines");
    if (errno == EMSGSIZE) return fail_errno("a line is too long for the journal");
    // The socket's other end is gone; there may be a new one at its place.
    const int code = errno;
    connected_ = false;
    if (!again) return fail_errno("cannot write to the journal at " + socket_path_, code);
  }
}

void JournalWriter::refused(Error why, Instant now) {
  if (!refused_since_) refused_since_ = now;
  const Duration since = now - *refused_since_;
  const bool busy = why.code == EAGAIN || why.code == ENOBUFS;
  if (!waiting()) refused_since_.reset();  // nothing was held up by it
  if (!busy || since >= kBusyTold) trouble_ = why;
  if (since < kPatience) return;
  lose(rest(), why);
  forget_queue();
}

void JournalWriter::give_up() {
  lose(rest(), trouble_.value_or(Error{"the journal takes lines too slowly", 0}));
  forget_queue();
}

void JournalWriter::forget_queue() {
  queue_.clear();
  sent_ = 0;
}

void JournalWriter::lose(std::string_view records, const Error& why) {
  const std::uint64_t lost = payload_size(records);
  if (lost == 0) return;
  lost_ += lost;
  lost_total_ += lost;
  lost_reason_ = why;
}

std::string JournalWriter::take_queue() {
  std::string taken(rest());
  if (lost_ > 0) taken += loss_notice();
  lost_ = 0;
  forget_queue();
  return taken;
}

}  // namespace berth::logs
