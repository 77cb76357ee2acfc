// Looking at files: the launcher's part on real files, and FileWatch with a launcher that the test
// plays.
#include "supervisor/runtime/file_watch.h"

#include <deque>
#include <fstream>

#include <sys/mman.h>
#include <sys/stat.h>

#include "supervisor/base/sha256.h"
#include "supervisor/runtime/interpreter_look.h"
#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime;
using handoff::FileQuestion;
using handoff::FilesRequest;
using handoff::FileStamp;
using runtime::testing::TemporaryDirectory;

namespace {

constexpr handoff::FilesKey kKey{std::byte{1}};

void write(const std::string& path, const std::string& content) {
  std::ofstream(path) << content << std::flush;
}

int look(const FilesRequest& request) {
  handoff::Step step;
  step.op = handoff::Op::look_at_files;
  step.fd = request.memfd();
  return look_at_files(step);
}

FilesRequest looked_at(const FilesRequest::Ask& ask, const handoff::FilesKey& key = kKey) {
  auto request = FilesRequest::make({ask}, key);
  REQUIRE(request.has_value());
  REQUIRE(look(*request) == 0);
  REQUIRE(request->questions()[0].answered == 1);
  return *std::move(request);
}

std::string hex(const FilesRequest& request) { return to_hex(request.questions()[0].digest); }

// A pool with one launcher, which the test is.
struct Watching {
  TemporaryDirectory directory;
  std::deque<event::FilesRead> told;
  LauncherPool pool{{.want_launcher = [] {}, .replace_launcher = [](std::uint64_t) {}}};
  FileWatch watch{pool, [this](Event event) { told.push_back(std::get<event::FilesRead>(event)); },
                  kKey};
  unique_fd launcher;
  std::uint64_t number = 0;
  std::string hanging;  // at this path the launcher hangs
  std::size_t served = 0;

  Watching() { add_launcher(); }
  void add_launcher() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    launcher.reset(ends[1]);
    pool.add_launcher(++number, unique_fd(ends[0]), BootClock::now());
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory.path + "/" + name;
  }
  // Everything that is asked for now is looked at.
  void serve() {
    handoff::LauncherRequest request;
    for (;;) {
      auto received = handoff::receive_message(
          launcher.get(), std::as_writable_bytes(std::span(&request, std::size_t{1})));
      if (!received || received->would_block || received->size == 0) return;
      auto files = FilesRequest::open(received->fds.at(1).get());
      REQUIRE(files.has_value());
      ++served;
      if (hangs(*files)) continue;
      handoff::Step step;
      step.fd = received->fds.at(1).get();
      REQUIRE(look_at_files(step) == 0);
      handoff::LauncherReply reply;
      reply.program_id = request.program_id;
      REQUIRE(handoff::send(launcher.get(), reply).has_value());
      pool.on_readable(number, BootClock::now());
    }
  }
  bool hangs(const FilesRequest& files) {
    for (std::uint32_t i = 0; i < files.questions().size(); ++i) {
      if (files.path(files.questions()[i]) != hanging) continue;
      files.header().at = i;
      add_launcher_later = true;
      return true;
    }
    return false;
  }
  bool add_launcher_later = false;

  // Until this path has been told to be so.
  bool comes(const std::string& file, const FileState& state,
             Duration most = std::chrono::seconds(10)) {
    const Instant end = BootClock::now() + most;
    while (BootClock::now() < end) {
      watch.on_time(BootClock::now());
      serve();
      for (const event::FilesRead& event : told) {
        const auto found = event.files.find(file);
        if (found != event.files.end() && found->second == state) return true;
      }
      ::usleep(2000);
    }
    return false;
  }
};

}  // namespace

TEST_CASE("a launcher answers with a digest that depends on the content and the key alone") {
  const TemporaryDirectory directory;
  const std::string one = directory.path + "/one";
  const std::string two = directory.path + "/two";
  write(one, "secret");
  write(two, "secret");
  CHECK(hex(looked_at({one, {}, 100, false})) == hex(looked_at({two, {}, 100, false})));
  CHECK(hex(looked_at({one, {}, 100, false})) !=
        hex(looked_at({one, {}, 100, false}, handoff::FilesKey{std::byte{2}})));
  write(two, "secret!");
  CHECK(hex(looked_at({one, {}, 100, false})) != hex(looked_at({two, {}, 100, false})));
}

TEST_CASE("content comes only when it is asked for, and never more than there is room for") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/file";
  write(path, "content");
  const FilesRequest with = looked_at({path, {}, 7, true});
  CHECK(with.content(with.questions()[0]) == "content");
  const FilesRequest without = looked_at({path, {}, 7, false});
  CHECK(without.questions()[0].content_size == 0);
  CHECK(looked_at({path, {}, 6, true}).questions()[0].error == EFBIG);
}

TEST_CASE("with the same stamp nothing is read, and a file just written has no rest") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/file";
  write(path, "content");
  const FilesRequest first = looked_at({path, {}, 100, false});
  CHECK(first.questions()[0].recent == 1);
  const FilesRequest again = looked_at({path, first.questions()[0].stamp, 100, false});
  CHECK(again.questions()[0].same == 1);
  CHECK(hex(again) == std::string(64, '0'));
}

TEST_CASE("what is no regular file is not opened") {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(looked_at({fifo, {}, 100, false}).questions()[0].error == EINVAL);
  CHECK(looked_at({directory.path, {}, 100, false}).questions()[0].error == EISDIR);
  CHECK(looked_at({"/dev/zero", {}, 100, false}).questions()[0].error == EINVAL);
  CHECK(looked_at({directory.path + "/none", {}, 100, false}).questions()[0].error == ENOENT);
}

TEST_CASE("a request that is none is refused") {
  const unique_fd memfd(::memfd_create("none", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  handoff::Step step;
  step.fd = memfd.get();
  CHECK(look_at_files(step) == EBADMSG);
  auto request = FilesRequest::make({{"/a", {}, 10, true}}, kKey);
  REQUIRE(request.has_value());
  request->questions()[0].content = 1u << 20;
  CHECK(look(*request) == EBADMSG);
}

TEST_CASE("each file is told once, then when it changes, and when it is gone or back") {
  Watching all;
  const std::string path = all.path("file");
  write(path, "one");
  all.watch.watch({path, all.path("none")}, BootClock::now());
  const std::string one = hex(looked_at({path, {}, 100, false}));
  CHECK(all.comes(path, {one, ""}));
  CHECK(all.comes(all.path("none"), {"", "No such file or directory"}));
  all.told.clear();
  write(path, "two");
  CHECK(all.comes(path, {hex(looked_at({path, {}, 100, false})), ""}));
  CHECK(all.told.size() == 1);
  all.told.clear();
  ::unlink(path.c_str());
  CHECK(all.comes(path, {"", "No such file or directory"}));
}

TEST_CASE("a file that hangs is told, and the others are looked at without it") {
  Watching all;
  const std::string good = all.path("a");
  const std::string bad = all.path("b");
  write(good, "one");
  write(bad, "one");
  all.watch.watch({good, bad}, BootClock::now());
  const std::string one = hex(looked_at({good, {}, 100, false}));
  REQUIRE(all.comes(good, {one, ""}));
  REQUIRE(all.comes(bad, {one, ""}));
  all.told.clear();
  all.hanging = bad;
  while (!all.add_launcher_later) {
    all.watch.on_time(BootClock::now());
    all.serve();
    ::usleep(2000);
  }
  all.pool.on_time(BootClock::now() + FileWatch::kPatience + std::chrono::seconds(1));
  all.add_launcher();
  CHECK(all.comes(bad, {"", "it does not answer"}));
  write(good, "two");
  CHECK(all.comes(good, {hex(looked_at({good, {}, 100, false})), ""}));
}

TEST_CASE("what a launch reads is told before the launch, and counts as looked at") {
  Watching all;
  const std::string path = all.path("file");
  write(path, "one");
  all.watch.watch({path}, BootClock::now());
  all.comes(path, {hex(looked_at({path, {}, 100, false})), ""});
  all.told.clear();
  write(path, "two");
  std::vector<FoundFile> found;
  all.watch.read({{FileReference::Kind::env_file, "env_file[0]", path}}, BootClock::now(),
                 [&](std::vector<FoundFile> files) {
                   CHECK(all.told.size() == 1);
                   found = std::move(files);
                 });
  all.serve();
  REQUIRE(found.size() == 1);
  CHECK(found[0].content == "two");
  CHECK(found[0].state.digest == hex(looked_at({path, {}, 100, false})));
}
