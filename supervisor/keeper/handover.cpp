#include "supervisor/keeper/handover.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::keeper {
namespace {

constexpr char kVariable[] = "BERTH_KEEPER_HANDOVER";  // the memfd's number

// A later version may only add members at the end of each.
struct Header {
  char magic[8] = {'b', 'e', 'r', 't', 'h', 'e', 'x', 'c'};
  std::uint32_t size = sizeof(Header);
  std::uint32_t held_size = 0;
  std::uint32_t held_count = 0;
  std::int32_t stop_requested = 0;
  std::int32_t lock = -1;
  std::uint32_t reserved = 0;
};
struct HeldRecord {
  std::uint64_t id = 0;
  std::uint32_t kind = 0;
  std::int32_t fd = -1;
};

void keep_over_execve(int fd, bool keep) {
  if (fd >= 0) ::fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

std::string written(const Handover& handover) {
  Header header;
  header.held_size = sizeof(HeldRecord);
  header.held_count = static_cast<std::uint32_t>(handover.held.size());
  header.stop_requested = handover.stop_requested ? 1 : 0;
  header.lock = handover.lock;
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  for (const Handover::Held& held : handover.held) {
    const HeldRecord record{held.id, static_cast<std::uint32_t>(held.kind), held.fd};
    text.append(reinterpret_cast<const char*>(&record), sizeof record);
  }
  return text;
}

bool read(std::string_view text, Handover& handover) {
  Header header;
  const Header expected;
  if (text.size() < sizeof header) return false;
  std::memcpy(&header, text.data(), sizeof header);
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0) return false;
  if (header.size < sizeof header || header.held_size < sizeof(HeldRecord)) return false;
  if (text.size() != header.size + std::size_t{header.held_size} * header.held_count) return false;
  handover.stop_requested = header.stop_requested != 0;
  handover.lock = header.lock;
  for (std::size_t i = 0; i < header.held_count; ++i) {
    HeldRecord record;
    std::memcpy(&record, text.data() + header.size + i * header.held_size, sizeof record);
    handover.held.push_back({record.id, static_cast<handoff::HeldKind>(record.kind), record.fd});
  }
  return true;
}

}  // namespace

int execute_anew(const std::string& executable, std::vector<std::string> arguments,
                 const Handover& handover) {
  const unique_fd memfd(::memfd_create("berth-handover", MFD_CLOEXEC));
  const std::string text = written(handover);
  if (!memfd) return errno;
  if (::write(memfd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return ENOSPC;
  }
  const auto keep_all = [&](bool keep) {
    keep_over_execve(memfd.get(), keep);
    keep_over_execve(handover.lock, keep);
    for (const Handover::Held& held : handover.held) keep_over_execve(held.fd, keep);
  };
  ::setenv(kVariable, std::to_string(memfd.get()).c_str(), 1);
  keep_all(true);
  arguments.insert(arguments.begin(), "berthd");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(executable.c_str(), argv.data());
  const int error = errno;
  keep_all(false);
  ::unsetenv(kVariable);
  return error;
}

TakenHandover take_handover() {
  TakenHandover taken;
  const char* const value = std::getenv(kVariable);
  if (value == nullptr) return taken;
  int number = -1;
  std::from_chars(value, value + std::strlen(value), number);
  ::unsetenv(kVariable);
  const unique_fd memfd(number);
  struct stat status{};
  if (::fstat(memfd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return taken;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(memfd.get(), text.data(), text.size(), 0) != status.st_size) return taken;
  taken.present = read(text, taken.handover);
  keep_over_execve(taken.handover.lock, false);
  for (const Handover::Held& held : taken.handover.held) keep_over_execve(held.fd, false);
  return taken;
}

}  // namespace berth::keeper
