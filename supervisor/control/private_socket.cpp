#include "supervisor/control/private_socket.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

namespace berth::control {

namespace {

constexpr int kBacklog = 64;

// An address for a path of any length. The directory's descriptor must live as long as the
// address is used.
struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
  unique_fd directory;
};

Result<Address> address_of(const std::string& path) {
  Address address;
  std::string reachable = path;
  if (path.size() >= sizeof(address.name.sun_path)) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = path.substr(0, std::max<std::size_t>(slash, 1));
    address.directory = unique_fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory) return fail_errno("cannot open " + directory);
    reachable = "/proc/self/fd/" + std::to_string(address.directory.get()) + path.substr(slash);
    if (reachable.size() >= sizeof(address.name.sun_path)) {
      return fail_errno("cannot use " + path + " as a socket", ENAMETOOLONG);
    }
  }
  address.name.sun_family = AF_UNIX;
  std::ranges::copy(reachable, address.name.sun_path);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + reachable.size() + 1);
  return address;
}

Result<unique_fd> new_socket() {
  unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno("cannot create a socket");
  return socket;
}

// The socket's directory, private to us.
Result<void> prepare_directory(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), failure);
  if (failure) return fail_errno("cannot create the parents of " + directory, failure.value());
  if (::mkdir(directory.c_str(), 0700) < 0 && errno != EEXIST) {
    return fail_errno("cannot create " + directory);
  }
  const unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts{};
  if (!fd || ::fstat(fd.get(), &facts) < 0) return fail_errno("cannot open " + directory);
  if (facts.st_uid != ::geteuid()) {
    return fail(directory + " belongs to another user (uid " + std::to_string(facts.st_uid) + ")");
  }
  if ((facts.st_mode & 0777) != 0700 && ::fchmod(fd.get(), 0700) < 0) {
    return fail_errno("cannot make " + directory + " private");
  }
  return {};
}

// Removes what a daemon that is gone left at the path.
Result<void> remove_stale(const std::string& path) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) < 0) {
    if (errno == ENOENT) return {};
    return fail_errno("cannot look at " + path);
  }
  if (!S_ISSOCK(facts.st_mode)) return fail(path + " is in the way: it is not a socket");
  const auto peer = connect_to(path, std::chrono::seconds(1));
  if (peer || peer.error().code == EAGAIN) {
    return fail_errno("another berthd listens on " + path, EADDRINUSE);
  }
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return fail_errno("cannot remove " + path);
  return {};
}

}  // namespace

Result<unique_fd> listen_at(const std::string& path) {
  TRY(prepare_directory(path));
  TRY(remove_stale(path));
  const Address address = TRY(address_of(path));
  unique_fd socket = TRY(new_socket());
  // The mode of the new file follows the umask; no other thread is there to see it changed.
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), address.size);
  const int code = errno;
  ::umask(before);
  if (bound < 0) return fail_errno("cannot bind " + path, code);
  if (::listen(socket.get(), kBacklog) < 0) return fail_errno("cannot listen on " + path);
  return socket;
}

Result<unique_fd> connect_to(const std::string& path, Duration timeout) {
  const Address address = TRY(address_of(path));
  unique_fd socket = TRY(new_socket());
  // A full backlog makes connect wait for as long as SO_SNDTIMEO says (unix(7), socket(7)), if
  // the socket blocks.
  const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  const timeval patience{limit / 1'000'000, limit % 1'000'000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int flags = ::fcntl(socket.get(), F_GETFL);
  ::fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), address.size) < 0) {
    return fail_errno("cannot connect to " + path);
  }
  ::fcntl(socket.get(), F_SETFL, flags);
  return socket;
}

bool peer_is_trusted(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace berth::control
