#include "supervisor/daemon/log_keeper.h"

#include <utility>

#include "supervisor/daemon/log.h"

namespace berth::daemon {

using logs::Stream;

void LogKeeper::begin(const ContainerSpec& spec) {
  close(spec.name);
  auto pump = logs::LogPump::open(paths_, spec.name, spec.logging);
  if (!pump) {
    log::error("cannot read the output",
               {{"container", spec.name}, {"error", pump.error().message()}});
    return;
  }
  Entry& entry = entries_.emplace(spec.name, Entry(*std::move(pump))).first->second;
  watch(spec.name, entry, Stream::out);
  watch(spec.name, entry, Stream::err);
}

void LogKeeper::watch(const std::string& container, Entry& entry, Stream stream) {
  Loop::Watch& watched = stream == Stream::out ? entry.out : entry.err;
  watched = loop_.watch(entry.pump.fd(stream), Loop::kReadable,
                        [this, container, stream](int) { pump(container, stream); });
  if (!watched) log::error("the output is not read: no room in epoll", {{"container", container}});
}

void LogKeeper::pump(const std::string& container, Stream stream) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto outcome = entry.pump.pump(stream, logs::kPumpBudget, buffer_, wall_now());
  if (outcome && !outcome->closed) return;
  if (!outcome) {
    log::error("cannot read the output",
               {{"container", container}, {"error", outcome.error().message()}});
  }
  (stream == Stream::out ? entry.out : entry.err) = {};
}

void LogKeeper::reconfigure(const ContainerSpec& spec) {
  const auto found = entries_.find(spec.name);
  if (found != entries_.end()) found->second.pump.reconfigure(spec.logging, wall_now());
}

void LogKeeper::end(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  if (const auto drained = found->second.pump.drain(buffer_, wall_now()); !drained) {
    log::error("cannot read the output",
               {{"container", container}, {"error", drained.error().message()}});
  }
}

void LogKeeper::close(const std::string& container) {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return;
  // The watches go before the descriptors that they watch.
  found->second.out = {};
  found->second.err = {};
  entries_.erase(found);
}

std::string LogKeeper::trouble(const std::string& container) const {
  const auto found = entries_.find(container);
  if (found == entries_.end()) return {};
  const auto error = found->second.pump.trouble();
  if (!error) return {};
  return error->message() + " (" + std::to_string(found->second.pump.lost_total()) +
         " bytes of log lost)";
}

}  // namespace berth::daemon
