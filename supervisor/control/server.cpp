// The listening socket, the set of connections, and the epoll descriptor that stands for them.
#include "supervisor/control/server.h"

#include <algorithm>
#include <array>
#include <map>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "supervisor/control/connection.h"
#include "supervisor/control/private_socket.h"

namespace berth::control {

namespace {

constexpr std::uint64_t kListenerId = 0;
constexpr std::uint64_t kAgainId = 1;  // the eventfd that is readable while work is left
constexpr std::uint64_t kFirstConnectionId = 2;
constexpr int kAcceptsATurn = 16;
constexpr std::chrono::milliseconds kAcceptPause{200};  // after running out of descriptors

Result<void> watch(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll, operation, fd, &event) < 0) return fail_errno("cannot watch a socket");
  return {};
}

}  // namespace

struct Server::State {
  struct Peer {
    std::unique_ptr<Connection> connection;
    std::uint32_t watched = 0;
  };

  State(Backend& answers, std::string socket_path)
      : backend(answers), path(std::move(socket_path)) {}

  Result<void> accept_some(Instant now);
  Result<void> accept_one(unique_fd socket, Instant now);
  Result<void> process_peer(std::uint64_t id, Instant now, bool readable);
  Result<void> settle(std::uint64_t id, const Result<void>& outcome);
  Result<void> show_work_left();
  Result<void> watch_peer(std::uint64_t id, Peer& peer);

  Backend& backend;
  std::string path;
  unique_fd listener;
  unique_fd epoll;
  unique_fd again;
  bool again_set = false;
  std::optional<Instant> accept_paused_until;
  std::uint64_t next_id = kFirstConnectionId;
  std::map<std::uint64_t, Peer> peers;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;

Server::~Server() {
  if (state_) ::unlink(state_->path.c_str());
}

Result<Server> Server::create(const Paths& paths, Backend& backend) {
  auto state = std::make_unique<State>(backend, paths.socket());
  state->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  state->again.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->epoll || !state->again) return fail_errno("cannot create a control server");
  state->listener = TRY(listen_at(state->path));
  Server server(std::move(state));  // from here on the socket is removed on every way out
  State& made = *server.state_;
  TRY(watch(made.epoll.get(), EPOLL_CTL_ADD, made.listener.get(), EPOLLIN, kListenerId));
  TRY(watch(made.epoll.get(), EPOLL_CTL_ADD, made.again.get(), EPOLLIN, kAgainId));
  return server;
}

int Server::fd() const { return state_->epoll.get(); }
std::size_t Server::connections() const { return state_->peers.size(); }

std::optional<Instant> Server::wake_at() const {
  Instant earliest = state_->accept_paused_until.value_or(Instant::max());
  for (const auto& [id, peer] : state_->peers) {
    earliest = std::min(earliest, peer.connection->deadline());
  }
  if (earliest == Instant::max()) return std::nullopt;
  return earliest;
}

Result<void> Server::process(Instant now) {
  State& state = *state_;
  if (state.accept_paused_until && *state.accept_paused_until <= now) {
    state.accept_paused_until.reset();
    TRY(watch(state.epoll.get(), EPOLL_CTL_MOD, state.listener.get(), EPOLLIN, kListenerId));
  }
  std::array<epoll_event, kConnectionsMax + 2> events;
  const int count =
      ::epoll_wait(state.epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  if (count < 0 && errno != EINTR) return fail_errno("cannot wait for the control sockets");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kListenerId) TRY(state.accept_some(now));
    if (event.data.u64 < kFirstConnectionId) continue;
    const bool readable = (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    TRY(state.process_peer(event.data.u64, now, readable));
  }
  std::vector<std::uint64_t> unfinished;
  for (const auto& [id, peer] : state.peers) {
    if (peer.connection->has_more()) unfinished.push_back(id);
  }
  for (const std::uint64_t id : unfinished) TRY(state.process_peer(id, now, false));
  std::erase_if(state.peers,
                [&](const auto& entry) { return entry.second.connection->deadline() <= now; });
  return state.show_work_left();
}

Result<void> Server::emit(const std::string& document) {
  for (auto& [id, peer] : state_->peers) {
    peer.connection->emit(document);
    TRY(state_->watch_peer(id, peer));
  }
  return state_->show_work_left();
}

Result<void> Server::State::accept_some(Instant now) {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    unique_fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      TRY(accept_one(std::move(socket), now));
      continue;
    }
    if (errno == EAGAIN) return {};
    if (errno == EINTR || errno == ECONNABORTED) continue;
    // Out of descriptors or memory: the peer stays in the backlog, and would make us spin.
    accept_paused_until = now + kAcceptPause;
    return watch(epoll.get(), EPOLL_CTL_MOD, listener.get(), 0, kListenerId);
  }
  return {};
}

// A peer that cannot be served is closed, and that is all it learns.
Result<void> Server::State::accept_one(unique_fd socket, Instant now) {
  if (peers.size() >= kConnectionsMax || !peer_is_trusted(socket.get())) return {};
  auto connection = Connection::create(std::move(socket), backend, now);
  if (!connection) return {};
  const std::uint64_t id = next_id++;
  const std::uint32_t wanted = (*connection)->wanted_events();
  TRY(watch(epoll.get(), EPOLL_CTL_ADD, (*connection)->fd(), wanted, id));
  peers.emplace(id, Peer{std::move(*connection), wanted});
  return {};
}

Result<void> Server::State::process_peer(std::uint64_t id, Instant now, bool readable) {
  const auto found = peers.find(id);
  if (found == peers.end()) return {};
  return settle(id, found->second.connection->process(now, readable));
}

// Drops a connection that failed; else watches it for what it wants now.
Result<void> Server::State::settle(std::uint64_t id, const Result<void>& outcome) {
  if (outcome) return watch_peer(id, peers.at(id));
  peers.erase(id);
  return {};
}

Result<void> Server::State::watch_peer(std::uint64_t id, Peer& peer) {
  const std::uint32_t wanted = peer.connection->wanted_events();
  if (wanted == peer.watched) return {};
  peer.watched = wanted;
  return watch(epoll.get(), EPOLL_CTL_MOD, peer.connection->fd(), wanted, id);
}

Result<void> Server::State::show_work_left() {
  const bool left = std::ranges::any_of(
      peers, [](const auto& entry) { return entry.second.connection->has_more(); });
  if (left == again_set) return {};
  again_set = left;
  std::uint64_t value = 1;
  const ssize_t done =
      left ? ::write(again.get(), &value, sizeof value) : ::read(again.get(), &value, sizeof value);
  if (done != sizeof value) return fail_errno("cannot use an eventfd");
  return {};
}

}  // namespace berth::control
