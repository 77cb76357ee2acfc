// The start of the worker: its parts, what it hears from the keeper, and what earlier runs left.
#include <filesystem>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "supervisor/base/files.h"
#include "supervisor/daemon/log.h"
#include "supervisor/daemon/worker.h"
#include "supervisor/generation/archive.h"
#include "supervisor/plan/adopt.h"

namespace berth::daemon {

namespace {

// Launch ids are never used twice, not by a later worker either: they begin at the time of day.
std::uint64_t first_launch_id() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wall_now().time_since_epoch());
  return static_cast<std::uint64_t>(seconds.count()) << 20;
}

// About six descriptors a container: the soft limit that a login or a service has is soon too
// small. Launchers, and so containers, keep the limits that berthd was started with.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::string> read_boot_id() {
  const std::string text = TRY(read_small_file("/proc/sys/kernel/random/boot_id"));
  return text.substr(0, text.find('\n'));
}

// What earlier runs left there. When it cannot be read, that is said, and taken for nothing.
std::vector<std::string> remembered_in(const std::string& directory) {
  auto names = names_in(directory);
  if (names) return *std::move(names);
  log::warning("what an earlier run left is not known", {{"error", names.error().message()}});
  return {};
}

}  // namespace

Worker::Worker(const Paths& paths, KeeperLink keeper)
    : paths_(paths),
      keeper_(std::move(keeper)),
      definitions_(paths),
      units_([this](Event event) { events_.push_back(std::move(event)); }) {}

Worker::~Worker() = default;

Result<std::unique_ptr<Worker>> Worker::create(const Paths& paths) {
  KeeperLink keeper = TRY(KeeperLink::open());
  std::unique_ptr<Worker> worker(new Worker(paths, std::move(keeper)));
  TRY(worker->begin());
  return worker;
}

Result<void> Worker::begin() {
  TRY(make_directories());
  definition_watch_.emplace(loop_, paths_, [this] { read_definitions(); });
  definitions_.read();
  TRY(check_host_settings());
  TRY(make_parts());
  TRY(take_over());
  server_.emplace(TRY(control::Server::create(paths_, *this)));
  server_watch_ = loop_.watch(server_->fd(), Loop::kReadable, [this](int) { on_server(); });
  keeper_watch_ = loop_.watch(keeper_.fd(), Loop::kReadable, [this](int) { on_keeper(); });
  log::info("berthd is up",
            {{"root", paths_.root.empty() ? "/" : paths_.root},
             {"containers", std::to_string(definitions_.desired().containers.size())}});
  read_definitions();
  return {};
}

Result<void> Worker::make_directories() {
  std::vector<std::string> directories{paths_.state()};
  // Only for the first start: later, definitions that are not there at the moment (a checkout that
  // comes after us) are not an empty set of them.
  std::error_code unknown;
  if (!std::filesystem::exists(generation::directory_of(paths_), unknown)) {
    directories.push_back(paths_.containers());
    directories.push_back(paths_.networks());
  }
  for (const std::string& directory : directories) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure) return fail("cannot create " + directory + ": " + failure.message());
  }
  // Root file systems and leases: nobody else may look into them.
  if (::chmod(paths_.state().c_str(), 0700) != 0) {
    return fail_errno("cannot protect " + paths_.state());
  }
  return {};
}

// Without its settings as they were meant, berthd would touch what is not its own.
Result<void> Worker::check_host_settings() {
  for (const Diagnostic& problem : definitions_.problems()) {
    // berthd.toml, or a drop-in of it.
    if (problem.severity == Severity::error && problem.container.empty() &&
        problem.pos.file.find("berthd.toml") != std::string::npos) {
      return fail(format(problem));
    }
  }
  log::set_level(definitions_.host().log_level);
  return {};
}

Result<void> Worker::make_parts() {
  const auto emit = [this](Event event) { events_.push_back(std::move(event)); };
  pool_ = std::make_unique<runtime::LauncherPool>(runtime::LauncherPool::Keeper{
      .want_launcher = [this] { keeper_.want_launcher(); },
      .replace_launcher = [this](std::uint64_t number) { replace_launcher(number); }});
  host_ = TRY(runtime::KernelHost::create(
      paths_, definitions_.host(),
      {.pool = pool_.get(),
       .emit = emit,
       .drop = [this](std::uint64_t id) { keeper_.drop(id); },
       .hold = [this](std::uint64_t id, handoff::HeldKind kind,
                      int fd) { keeper_.hold(id, kind, fd); },
       .watch =
           [this](int fd, std::function<void()> readable) {
             return std::make_shared<Loop::Watch>(loop_.watch(
                 fd, Loop::kReadable, [readable = std::move(readable)](int) { readable(); }));
           },
       .say =
           [](const runtime::Hook& hook, const std::string& line) {
             log::info(
                 "hook",
                 {{"container", hook.spec->name}, {"hook", hook.key.substr(6)}, {"line", line}});
           }}));
  logs_ = std::make_unique<LogKeeper>(
      loop_, paths_,
      [this](std::uint64_t id, handoff::HeldKind kind, int fd) { keeper_.hold(id, kind, fd); });
  prober_ = std::make_unique<Prober>(loop_, emit);
  wall_clock_.emplace(loop_, [this] { dirty_ = true; });
  notifier_ = std::make_unique<Notifier>(loop_, emit);
  timer_ = loop_.timer([this] { dirty_ = true; });
  heartbeat_ = loop_.timer([this] { heartbeat(); });
  loop_.on_turn([this] { return turn(); });
  return {};
}

void Worker::replace_launcher(std::uint64_t number) {
  log::warning("a launcher does not answer; it is replaced",
               {{"launcher", std::to_string(number)}});
  launcher_watches_.erase(number);
  keeper_.replace_launcher(number);
}

// What an earlier worker left: what runs goes on, and the rest is removed.
Result<void> Worker::take_over() {
  auto inheritance = hear_from_keeper();
  if (keeper_gone_) return fail("the keeper is gone");
  const std::string boot_id = TRY(read_boot_id());
  records_.emplace(TRY(record::RecordStore::open(paths_.records(), boot_id)));
  ObservedState found = recorded();
  found.next_launch_id = first_launch_id();
  const Found living = host_->look_for(found, inheritance);
  observed_ = adopt(std::move(found), definitions_.desired(), living, BootClock::now());
  go_on(observed_, inheritance);
  host_->take_over(observed_, std::move(inheritance));
  for (const auto& [name, seen] : observed_.containers) changed_containers_.insert(name);
  for (const auto& [name, seen] : observed_.networks) changed_networks_.insert(name);
  sweep();
  remember_roots();
  remember_stops();
  return {};
}

void Worker::sweep() {
  sweeping_ = true;
  host_->sweep(
      definitions_.desired().networks, observed_, [this](const std::vector<Error>& errors) {
        for (const Error& error : errors) {
          log::warning("cannot remove what an earlier run left", {{"error", error.message()}});
        }
        sweeping_ = false;
        dirty_ = true;
      });
}

// The writable layers of containers that are defined. A layer without a good definition is left
// alone: its file may be broken, or not be there yet, and that never means deletion.
void Worker::remember_roots() {
  const auto containers = definitions_.desired().containers;
  const std::string directory = paths_.state() + "/containers";
  for (const std::string& name : remembered_in(directory)) {
    if (containers.contains(name)) {
      observed_.containers[name].root = true;
    } else {
      log::warning("a writable layer without a definition is kept",
                   {{"container", name}, {"path", directory + "/" + name}});
    }
  }
}

// With restart.policy "unless-stopped", what an operator stopped stays down.
void Worker::remember_stops() {
  const auto containers = definitions_.desired().containers;
  const std::string directory = paths_.state() + "/stopped";
  for (const std::string& name : remembered_in(directory)) {
    const auto found = containers.find(name);
    if (found == containers.end()) continue;
    if (const auto seen = observed_.containers.find(name);
        seen != observed_.containers.end() && seen->second.launch_id != 0) {
      continue;  // its record says more
    }
    if (found->second->restart.policy == RestartPolicy::unless_stopped) {
      observed_.containers[found->first].intent = Intent::stop;
      observed_.containers[found->first].phase = Phase::stopped;
    } else {
      std::error_code ignored;
      std::filesystem::remove(directory + "/" + name, ignored);
    }
  }
}

int run_worker(const Paths& paths) {
  ::prctl(PR_SET_NAME, "berthd");
  raise_descriptor_limit();
  auto worker = Worker::create(paths);
  if (!worker) {
    log::error(worker.error().message());
    return 1;
  }
  return (*worker)->run() ? 0 : 1;
}

}  // namespace berth::daemon
