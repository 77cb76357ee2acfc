// KernelHost with a fake launcher: the test has the other end of its socket.
#include "supervisor/runtime/kernel_host.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/launcher_harness.h"

namespace berth::runtime {
namespace {

struct Host {
  testing::TemporaryDirectory directory;
  std::vector<Event> events;
  LauncherPool pool{{.want_launcher = [] {}, .replace_launcher = [](std::uint64_t) {}}};
  unique_fd launcher;
  std::unique_ptr<KernelHost> host;

  Host() {
    HostSpec settings;
    settings.cgroup = "berth-test-" + std::to_string(::getpid());  // not that of a real berthd
    auto created =
        KernelHost::create(Paths{directory.path}, settings,
                           {.pool = &pool,
                            .emit = [this](Event event) { events.push_back(std::move(event)); },
                            .drop = [](std::uint64_t) {}});
    REQUIRE_MESSAGE(created, created.error().message());
    host = *std::move(created);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    pool.add_launcher(1, unique_fd(ends[0]), BootClock::now());
    launcher.reset(ends[1]);
  }

  // What was asked for has borne a child.
  void answer() {
    handoff::LauncherRequest request;
    REQUIRE(handoff::receive_message(launcher.get(),
                                     std::as_writable_bytes(std::span(&request, std::size_t{1}))));
    handoff::LauncherReply reply;
    reply.program_id = request.program_id;
    reply.pid = ::getpid();
    reply.fd_count = 1;
    const unique_fd pidfd(kernel::raw::pidfd_open(::getpid()));
    const int fd = pidfd.get();
    REQUIRE(handoff::send(launcher.get(), reply, {&fd, 1}));
    pool.on_readable(1, BootClock::now());
  }
};

ContainerSpec web(NetworkMode network) {
  ContainerSpec spec;
  spec.name = "web";
  spec.rootfs = "/srv/web";
  spec.command = {"httpd"};
  spec.network = network;
  spec.healthcheck.exec = {"true"};
  spec.healthcheck.timeout = std::chrono::seconds(3);
  return spec;
}

TEST_CASE("a container whose network namespace is gone is never launched in the host's") {
  for (const NetworkMode network : {NetworkMode::bridge, NetworkMode::none}) {
    Host host;
    const auto spec = std::make_shared<const ContainerSpec>(web(network));
    host.host->submit({"web", action::Launch{spec, 5}, "", {}});
    REQUIRE(host.events.size() == 1);
    const auto* failed = std::get_if<event::Failed>(&host.events[0]);
    REQUIRE(failed != nullptr);
    CHECK(failed->error.ends_with("network: its network namespace is gone"));
    CHECK(host.pool.unfinished() == 0);
  }
}

TEST_CASE("the time of a command that probes counts from its birth, not while it waits") {
  Host host;
  const auto spec = std::make_shared<const ContainerSpec>(web(NetworkMode::host));
  host.host->submit({"web", action::Launch{spec, 5}, "", {}});
  host.answer();
  REQUIRE(host.events.size() == 1);
  REQUIRE(std::get_if<event::Launched>(&host.events[0]) != nullptr);
  host.host->submit({"web", action::Probe{spec, 5}, "", {}});
  const Instant submitted = BootClock::now();
  while (BootClock::now() - submitted < std::chrono::milliseconds(2)) {
  }
  const Instant before = BootClock::now();
  host.answer();
  REQUIRE(host.host->next_deadline());
  CHECK(*host.host->next_deadline() >= before + std::chrono::seconds(3));
}

}  // namespace
}  // namespace berth::runtime
