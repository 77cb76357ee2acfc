// What the tests of really running containers share: an instance of its own with a real launcher,
// in which a test starts containers and sees how they end. For tests only.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <dirent.h>
#include <doctest/doctest.h>
#include <elf.h>
#include <sys/stat.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_cleanup.h"
#include "supervisor/runtime/compile_exec.h"
#include "supervisor/runtime/compile_launch.h"
#include "supervisor/runtime/compile_update.h"
#include "supervisor/runtime/launcher_harness.h"
#include "supervisor/runtime/limits.h"

namespace berth::runtime::testing {

namespace fs = std::filesystem;

inline void write_to(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

struct Finished {
  kernel::ChildExit exit;
  std::string output;  // both streams
};

// A container that was started, or what kept it from it.
struct Started {
  Answer answer;
  std::string failure;  // as an operator reads it; empty when it runs
  unique_fd out, err;
  std::vector<unique_fd> held;

  [[nodiscard]] std::string why() const { return failure + ", " + answer.detail(); }

  // Waits for the end of the first process and of all that it wrote.
  Finished finish() {
    held.clear();
    Finished finished;
    for (const unique_fd* stream : {&out, &err}) {
      ::fcntl(stream->get(), F_SETFL, 0);
      char buffer[4096];
      for (ssize_t size = 0; (size = ::read(stream->get(), buffer, sizeof buffer)) > 0;) {
        finished.output.append(buffer, static_cast<std::size_t>(size));
      }
    }
    finished.exit = reap_pid(answer.reply.pid);
    return finished;
  }
  // Waits until the container has written a line.
  std::string line() {
    ::fcntl(out.get(), F_SETFL, 0);
    std::string text;
    for (char c = 0; ::read(out.get(), &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
};

// All tests share one instance's directory: the template takes a while to build.
inline const std::string& instance_directory() {
  static const TemporaryDirectory directory;
  return directory.path;
}

class Host {
 public:
  Host() {
    HostSpec host;
    host.cgroup = "berth-test-" + std::to_string(::getpid());
    facts = gather_host_facts(host).value();
  }
  ~Host() {
    for (const std::string& name : names_) {
      const Answer answer = launcher.run(compile_cleanup(name, facts, paths));
      CHECK_MESSAGE(answer.reply.failed_step == -1, answer.text());
      launcher.run(compile_remove_root(name, paths, true));
    }
    launcher.run(compile_remove_parents(facts));
    for (const std::string& parent : parent_cgroups(facts)) CHECK(!fs::exists(parent));
    CHECK(launcher.mounts().find(instance_directory()) == std::string::npos);
  }

  ContainerSpec container(const std::string& script) {
    ContainerSpec spec;
    spec.name = "web";
    spec.root_template = "host";
    spec.command = {"sh", "-c", script};
    for (const char* key : {"", "rootfs", "mounts[0].source"}) spec.where[key] = {"web.toml", 7, 1};
    return spec;
  }

  Started start(const ContainerSpec& spec) {
    names_.push_back(spec.name);
    if (!spec.root_template.empty()) {
      const Answer made = launcher.run(compile_template_host(facts, paths));
      REQUIRE_MESSAGE(made.reply.failed_step == -1, made.text());
    }
    const std::string run = paths.run_of(spec.name);
    fs::create_directories(run);
    write_to(run + "/hosts", "10.0.0.1 peer\n");
    write_to(run + "/hostname", "web\n");
    write_to(run + "/resolv.conf", "nameserver 10.0.0.53\n");
    Program make_netns;
    make_netns.add(Op::new_netns, {.fd = slot(0)});
    make_netns.add(Op::give, {.fd = slot(0)});
    const Answer netns = launcher.run(make_netns);
    REQUIRE_MESSAGE(netns.reply.failed_step == -1, netns.text());
    const auto program = compile_launch(spec, Sandbox{}, facts, paths, filters, 5);
    REQUIRE_MESSAGE(program, program.error().message());
    return carry_out(*program, netns.fds[0].get());
  }

  static unique_fd reading_end(const unique_fd& fifo) {
    const std::string path = "/proc/self/fd/" + std::to_string(fifo.get());
    return unique_fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  Started carry_out(const Program& program, int netns) {
    Started started;
    started.answer = launcher.run(program, {netns});
    if (started.answer.reply.failed_step != -1) {
      const auto step = static_cast<std::size_t>(started.answer.reply.failed_step);
      started.failure = program.origin(step).what + ": " + ::strerror(started.answer.reply.error);
      if (started.answer.reply.pid != 0) reap_pid(started.answer.reply.pid);
      return started;
    }
    REQUIRE(started.answer.fds.size() == 1);
    for (const auto kind : {handoff::HeldKind::log_stdout, handoff::HeldKind::log_stderr}) {
      auto told = launcher.told();
      CHECK(told.message.held == kind);
      started.held.push_back(std::move(told.fd));
    }
    CHECK(launcher.told().message.kind == KeeperMessage::Kind::born);
    CHECK(launcher.told().message.kind == KeeperMessage::Kind::begun);
    started.out = reading_end(started.held[0]);
    started.err = reading_end(started.held[1]);
    return started;
  }

  Finished run(const ContainerSpec& spec) {
    Started started = start(spec);
    REQUIRE_MESSAGE(started.failure.empty(), started.why());
    return started.finish();
  }
  std::string output(const std::string& script) { return run(container(script)).output; }

  TemporaryDirectory directory;  // for the test's own files
  Paths paths{instance_directory()};
  HostFacts facts;
  TestLauncher launcher;
  SeccompFilters filters;

 private:
  std::vector<std::string> names_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The value behind a name in /proc/self/status and its like.
inline std::string field(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + ":\t");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace berth::runtime::testing
