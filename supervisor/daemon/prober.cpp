#include "supervisor/daemon/prober.h"

#include <utility>

namespace berth::daemon {

void Prober::begin(const Action& action, int netns) {
  const auto& deed = std::get<action::Probe>(action.deed);
  forget(action.subject);
  if (deed.spec->healthcheck.notify) {
    emit_(event::Probed{action.subject, deed.launch_id, false, "it has not said READY=1"});
    return;
  }
  if (netns < 0 && deed.spec->network != NetworkMode::host) {
    // Without it the host would be asked.
    emit_(event::Probed{action.subject, deed.launch_id, false, "its network namespace is gone"});
    return;
  }
  auto probe = health::Probe::begin(deed.spec->healthcheck, netns);
  if (!probe) {
    emit_(event::Probed{action.subject, deed.launch_id, false, probe.error().message()});
    return;
  }
  Entry& entry = entries_.emplace(action.subject, Entry{*std::move(probe), deed.launch_id, {}, {}})
                     .first->second;
  entry.timeout = loop_.timer([this, container = action.subject] {
    decide(container, entries_.at(container).probe.timed_out());
  });
  entry.timeout.set(BootClock::now() + deed.spec->healthcheck.timeout);
  watch(action.subject, entry);
}

void Prober::watch(const std::string& container, Entry& entry) {
  const int interest = entry.probe.wants_write() ? Loop::kWritable : Loop::kReadable;
  entry.watch = {};  // libuv allows one watch of a descriptor at a time
  entry.watch =
      loop_.watch(entry.probe.fd(), interest, [this, container](int) { on_ready(container); });
}

void Prober::on_ready(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  const bool wanted_write = found->second.probe.wants_write();
  if (const auto verdict = found->second.probe.on_ready()) {
    decide(container, *verdict);
  } else if (found->second.probe.wants_write() != wanted_write) {
    watch(container, found->second);
  }
}

void Prober::decide(const std::string& container, const health::Verdict& verdict) {
  const std::uint64_t launch_id = entries_.at(container).launch_id;
  forget(container);
  emit_(event::Probed{container, launch_id, verdict.healthy, verdict.message});
}

void Prober::forget(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  found->second.watch = {};  // before its descriptor is closed
  entries_.erase(found);
}

}  // namespace berth::daemon
