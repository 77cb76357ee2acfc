#include "supervisor/runtime/launcher.h"

#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/handoff/messages.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/child.h"
#include "supervisor/runtime/interpreter_host.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::LauncherReply;
using handoff::LauncherRequest;

constexpr int kFailed = 1;

LauncherReply refusal(std::uint32_t step, int error, std::string_view reason) {
  LauncherReply reply;
  reply.failed_step = static_cast<std::int32_t>(step);
  reply.error = error;
  Detail detail;
  detail.add(reason);
  std::memcpy(reply.detail, detail.text, sizeof(reply.detail));
  return reply;
}

void close_slots() {
  raw::close_range(handoff::kFirstSlot, handoff::kFirstSlot + handoff::kSlotCount - 1, 0);
}

// The size may not change under the mapping: else a read behind the end is a SIGBUS.
Result<std::size_t> sealed_size(int memfd) {
  const int seals = ::fcntl(memfd, F_GET_SEALS);
  struct stat status{};
  if (seals < 0 || ::fstat(memfd, &status) != 0) return fail_errno("cannot look at the program");
  if ((seals & F_SEAL_SHRINK) == 0) return fail("the program's size is not sealed");
  return static_cast<std::size_t>(status.st_size);
}

class Launcher {
 public:
  Launcher(int keeper, int worker) : keeper_(keeper), worker_(worker) {}

  Result<void> become_launcher();
  // False when there is nobody left to work for.
  bool serve_one();

 private:
  bool wait_for_request();
  bool carry_out(const LauncherRequest& request, std::span<unique_fd> fds);
  bool answer(const LauncherRequest& request, LauncherReply reply, std::span<const int> fds);

  int keeper_;
  int worker_;
  unique_fd null_;
};

Result<void> Launcher::become_launcher() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno("cannot follow the keeper");
  pollfd keeper{keeper_, POLLIN, 0};
  if (::poll(&keeper, 1, 0) > 0 && (keeper.revents & (POLLHUP | POLLERR)) != 0) {
    return fail("the keeper is gone");  // it ended before the prctl
  }
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return fail_errno("cannot become undumpable");
  ::prctl(PR_SET_NAME, "berth-launcher");  // else it is called by the number it was executed from
  ::umask(0);
  // The keeper says when to end. A terminal's interrupt, or one sent to all of a unit, would
  // leave programs half done.
  for (const int ignored : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::signal(ignored, SIG_IGN);
  raw::clear_signal_mask();
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("cannot create a mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return fail_errno("cannot detach the mount namespace");
  }
  if (::chdir("/") != 0) return fail_errno("cannot change to /");
  const unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null || ::dup3(null.get(), kNullFd, O_CLOEXEC) < 0)
    return fail_errno("cannot open /dev/null");
  null_ = unique_fd(kNullFd);
  return {};
}

bool Launcher::wait_for_request() {
  pollfd waiting[2] = {{worker_, POLLIN, 0}, {keeper_, POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0) {
    if (errno != EINTR) return false;
  }
  // The keeper never sends anything: whatever is readable there is its end.
  return waiting[1].revents == 0;
}

bool Launcher::serve_one() {
  if (!wait_for_request()) return false;
  LauncherRequest request;
  auto received = handoff::receive_message(worker_, std::as_writable_bytes(std::span(&request, 1)));
  if (!received) return answer({}, refusal(0, received.error().code, "cannot receive"), {});
  if (received->would_block) return true;
  if (received->size == 0) return false;
  const scope_exit cleanup([] { close_slots(); });
  if (received->size != sizeof(request) || received->fds.empty() ||
      request.fd_count + 1 != received->fds.size()) {
    return answer(request, refusal(0, EBADMSG, "malformed request"), {});
  }
  return carry_out(request, received->fds);
}

bool Launcher::carry_out(const LauncherRequest& request, std::span<unique_fd> fds) {
  const Result<std::size_t> size = sealed_size(fds[0].get());
  if (!size) return answer(request, refusal(0, EBADMSG, size.error().message()), {});
  if (*size != request.size || *size == 0) {
    return answer(request, refusal(0, EBADMSG, "the program has another size than was said"), {});
  }
  void* const mapped = ::mmap(nullptr, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0].get(), 0);
  if (mapped == MAP_FAILED) return answer(request, refusal(0, errno, "cannot map the program"), {});
  const scope_exit unmap([&] { ::munmap(mapped, *size); });
  const CheckedProgram program =
      check_program({static_cast<std::byte*>(mapped), *size}, fds.size() - 1);
  if (program.error != 0) {
    return answer(
        request,
        refusal(program.step, program.error, std::string("malformed program: ") + program.reason),
        {});
  }
  for (std::size_t i = 1; i < fds.size(); ++i) {
    if (const int error = place(fds[i].release(), handoff::slot(static_cast<int>(i) - 1));
        error != 0) {
      return answer(request, refusal(0, error, "cannot place a descriptor"), {});
    }
  }
  HostRun run(program.view, keeper_);
  run.run();
  return answer(request, run.reply(), run.fds()) && !run.is_lost();
}

bool Launcher::answer(const LauncherRequest& request, LauncherReply reply,
                      std::span<const int> fds) {
  reply.program_id = request.program_id;
  if (const auto sent = handoff::send(worker_, reply, fds); sent) return true;
  if (fds.empty()) return false;
  // EBADF: it gave a slot that is empty. The reply is still owed.
  LauncherReply without = refusal(0, errno, "cannot send the descriptors");
  without.program_id = request.program_id;
  without.pid = reply.pid;
  return handoff::send(worker_, without).has_value();
}

}  // namespace

int run_launcher(int keeper_fd, int worker_fd) {
  Launcher launcher(keeper_fd, worker_fd);
  if (const auto ready = launcher.become_launcher(); !ready) {
    std::fprintf(stderr, "berthd launcher: %s\n", ready.error().message().c_str());
    return kFailed;
  }
  while (launcher.serve_one()) {
  }
  return 0;
}

}  // namespace berth::runtime
