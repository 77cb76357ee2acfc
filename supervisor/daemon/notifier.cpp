#include "supervisor/daemon/notifier.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervisor/health/notify_message.h"

namespace berth::daemon {

namespace {

// A container that sends without end is heard now and then, and does not keep the loop awake.
constexpr int kMessagesATurn = 16;
constexpr Duration kPause = std::chrono::milliseconds(100);

Error error_of(const std::string& what, const std::string& path) {
  return Error(what + " " + path + ": " + ::strerror(errno));
}

// Paths may be longer than sun_path; through a descriptor of the directory they never are.
Result<unique_fd> bind_socket(const std::string& path) {
  unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(error_of("cannot make the socket", path));
  const std::string directory = std::filesystem::path(path).parent_path();
  const unique_fd parent(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return std::unexpected(error_of("cannot open", directory));
  const std::string name = std::filesystem::path(path).filename();
  if (::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return std::unexpected(error_of("cannot replace", path));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string link = "/proc/self/fd/" + std::to_string(parent.get()) + "/" + name;
  link.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(error_of("cannot bind", path));
  }
  // Every user of the container may say it; nobody else has a way to this path.
  if (::fchmodat(parent.get(), name.c_str(), 0666, 0) != 0) {
    return std::unexpected(error_of("cannot open to its users", path));
  }
  return socket;
}

}  // namespace

Result<int> Notifier::prepare(const std::string& container, std::uint64_t launch_id,
                              const std::string& path) {
  forget(container);
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failure);
  if (failure) return fail("cannot make the directory of " + path + ": " + failure.message());
  unique_fd socket = TRY(bind_socket(path));
  const int fd = socket.get();
  adopt(container, launch_id, std::move(socket));
  return fd;
}

void Notifier::adopt(const std::string& container, std::uint64_t launch_id, unique_fd socket) {
  forget(container);
  Entry& entry = entries_[container];
  entry.socket = std::move(socket);
  entry.launch_id = launch_id;
  listen(container, entry);
}

void Notifier::listen(const std::string& container, Entry& entry) {
  entry.watch = loop_.watch(entry.socket.get(), Loop::kReadable,
                            [this, container](int) { on_readable(container); });
}

void Notifier::on_readable(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  std::array<char, health::kNotifyBytesMost> buffer;
  bool ready = false;
  std::string status = entry.status;
  int messages = 0;
  for (; messages < kMessagesATurn; ++messages) {
    // Without room for control data, descriptors that came along are closed by the kernel.
    const ssize_t size = ::recv(entry.socket.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (size < 0) break;
    if (static_cast<std::size_t>(size) > buffer.size()) continue;
    auto message = health::parse_notify({buffer.data(), static_cast<std::size_t>(size)});
    ready = ready || message.ready;
    if (message.status) status = *std::move(message.status);
  }
  if (messages == kMessagesATurn) {
    entry.watch = {};
    entry.pause = loop_.timer([this, container] { listen(container, entries_.at(container)); });
    entry.pause.set(BootClock::now() + kPause);
  }
  const bool news = (ready && !entry.ready) || status != entry.status;
  entry.ready = entry.ready || ready;
  entry.status = status;
  if (news) emit_(event::Notified{container, entry.launch_id, ready, std::move(status)});
}

}  // namespace berth::daemon
