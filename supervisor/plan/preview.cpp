#include "supervisor/plan/preview.h"

#include <algorithm>
#include <map>
#include <set>

#include "supervisor/model/member_changes.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/explain.h"
#include "supervisor/plan/forecast.h"
#include "supervisor/plan/graph.h"

namespace berth {

namespace {

using planning::same;

// What the actions do to one container or network.
struct Doings {
  std::size_t first = 0;  // the index of the first action
  const Action* stop = nullptr;
  const Action* start = nullptr;  // the first of create-sandbox and launch
  const Action* update = nullptr;
  const Action* reload = nullptr;
  const Action* other = nullptr;
  bool made_anew = false;  // a sandbox or a root goes, and comes again
  bool creates = false;    // of networks
  bool removes = false;
};

class Doer {
 public:
  Doer(const Action& action, Doings& doings) : action_(action), doings_(doings) {}

  void operator()(const action::CreateNetwork&) { doings_.creates = true, note(doings_.other); }
  void operator()(const action::RemoveNetwork&) { doings_.removes = true, note(doings_.other); }
  void operator()(const action::CreateSandbox&) { note(doings_.start); }
  void operator()(const action::RemoveSandbox& deed) {
    if (!deed.for_good) doings_.made_anew = true;
    note(doings_.other);
  }
  void operator()(const action::Launch&) { note(doings_.start); }
  void operator()(const action::Stop&) { note(doings_.stop); }
  void operator()(const action::Kill&) { note(doings_.stop); }
  void operator()(const action::Update&) { note(doings_.update); }
  void operator()(const action::Reload&) { note(doings_.reload); }
  void operator()(const action::RemoveRoot& deed) {
    if (!deed.everything) doings_.made_anew = true;
    note(doings_.other);
  }
  void operator()(const auto&) { note(doings_.other); }

 private:
  void note(const Action*& place) {
    if (place == nullptr) place = &action_;
  }

  const Action& action_;
  Doings& doings_;
};

bool is_network_deed(const Deed& deed) {
  return std::holds_alternative<action::CreateNetwork>(deed) ||
         std::holds_alternative<action::RemoveNetwork>(deed);
}

bool is_unit_deed(const Deed& deed) { return std::holds_alternative<action::StartUnit>(deed); }

using DoingsByName = std::map<std::string, Doings>;

template <class Map>
auto find_or_null(const Map& map, const std::string& name) -> typename Map::mapped_type {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

template <class Spec>
std::vector<PreviewChange> changes_of(const Spec& before, const Spec& after) {
  std::vector<PreviewChange> changes;
  for (KeyChange& change : changed_members(before, after)) {
    const SourcePos where = where_of(after, change.key);
    changes.push_back({std::move(change), where});
  }
  return changes;
}

bool same_network(const NetworkPtr& left, const NetworkPtr& right) {
  if (left == right) return true;
  return left && right && changed_members(*left, *right).empty();
}

template <class Map, class Same>
bool all_same(const Map& left, const Map& right, Same same_spec) {
  return std::ranges::equal(left, right, [&](const auto& one, const auto& other) {
    return one.first == other.first && same_spec(one.second, other.second);
  });
}

class Previewer {
 public:
  Previewer(const DesiredState& before, const DesiredState& after, const ObservedState& observed)
      : before_(before), after_(after), observed_(observed) {}

  Preview make(Instant now) {
    Forecast forecast = forecast_to_rest(after_, observed_, now);
    preview_.actions = std::move(forecast.actions);
    preview_.generation_before = before_.generation;
    const bool changed = !all_same(before_.containers, after_.containers, same) ||
                         !all_same(before_.networks, after_.networks, same_network);
    preview_.generation_after = before_.generation + (changed ? 1 : 0);
    sort_doings();
    rest_ = std::move(forecast.rest);
    waits_ = waits(after_, rest_, now);
    if (!waits_.empty()) graph_ = planning::make_graph(after_, rest_);
    for (const auto& [name, doings] : networks_) add_network(name, &doings);
    for (const auto& [name, doings] : containers_) add_container(name, &doings);
    std::ranges::stable_sort(order_, {}, [](const auto& entry) { return entry.first; });
    for (auto& [first, item] : order_) preview_.items.push_back(std::move(item));
    order_.clear();
    add_untouched();
    return std::move(preview_);
  }

 private:
  void sort_doings() {
    for (std::size_t i = 0; i < preview_.actions.size(); ++i) {
      const Action& action = preview_.actions[i];
      if (action.subject.empty()) continue;
      if (is_unit_deed(action.deed)) {
        add_unit(action, i);
        continue;
      }
      DoingsByName& group = is_network_deed(action.deed) ? networks_ : containers_;
      Doings& doings = group.try_emplace(action.subject, Doings{.first = i}).first->second;
      std::visit(Doer(action, doings), action.deed);
    }
  }

  void add_network(const std::string& name, const Doings* doings) {
    const NetworkPtr before = find_or_null(before_.networks, name);
    const NetworkPtr after = find_or_null(after_.networks, name);
    PreviewItem item{.name = name, .is_network = true};
    item.fate = doings->creates ? (doings->removes ? Fate::recreate : Fate::create) : Fate::remove;
    item.reason = doings->other->reason;
    if (before && after) item.changes = changes_of(*before, *after);
    if (after) item.where = where_of(*after, "");
    order_.emplace_back(doings->first, std::move(item));
  }

  void add_unit(const Action& action, std::size_t index) {
    PreviewItem item{.name = action.subject, .is_unit = true, .fate = Fate::start};
    item.reason = action.reason;
    order_.emplace_back(index, std::move(item));
  }

  void add_container(const std::string& name, const Doings* doings) {
    PreviewItem item = describe(name);
    const auto seen = observed_.containers.find(name);
    const bool known = seen != observed_.containers.end();
    const bool runs = known && seen->second.alive();
    const Action* decisive = doings->other;
    if (!after_.containers.contains(name)) {
      item.fate = Fate::remove;
      if (doings->stop != nullptr) decisive = doings->stop;
    } else if (doings->start != nullptr) {
      decisive = doings->stop != nullptr ? doings->stop : doings->start;
      const bool first = !known || seen->second.launch_id == 0;
      item.fate = first ? Fate::create : Fate::start;
      if (runs) item.fate = doings->made_anew ? Fate::recreate : Fate::restart;
    } else if (doings->stop != nullptr) {
      decisive = doings->stop;
      item.fate = Fate::stop;
    } else if (doings->reload != nullptr) {
      decisive = doings->reload;
      item.fate = Fate::reload;
    } else if (doings->update != nullptr) {
      decisive = doings->update;
      item.fate = Fate::update;
    } else {
      item.fate = Fate::clean_up;
    }
    item.reason = decisive->reason;
    item.follows = decisive->follows;
    // What is in a file is no member of a definition.
    for (const KeyChange& change : decisive->changes) {
      if (change.after != kContentChanged) continue;
      const SpecPtr& spec = after_.containers.at(name);
      item.changes.push_back({change, where_of(*spec, change.key)});
    }
    order_.emplace_back(doings->first, std::move(item));
  }

  // Definitions that change without anything being done.
  void add_untouched() {
    for (const auto& [name, after] : after_.networks) {
      const NetworkPtr before = find_or_null(before_.networks, name);
      if (networks_.contains(name) || same_network(before, after)) continue;
      PreviewItem item{.name = name, .is_network = true};
      item.reason = before ? "its definition changes" : "new definition, not used";
      if (before) item.changes = changes_of(*before, *after);
      item.where = where_of(*after, "");
      preview_.items.push_back(std::move(item));
    }
    for (const auto& [name, before] : before_.networks) {
      if (networks_.contains(name) || after_.networks.contains(name)) continue;
      preview_.items.push_back(
          PreviewItem{.name = name, .is_network = true, .reason = "definition removed"});
    }
    add_untouched_containers();
  }

  void add_untouched_containers() {
    for (const auto& [name, after] : after_.containers) {
      if (containers_.contains(name)) continue;
      const SpecPtr before = find_or_null(before_.containers, name);
      const auto waiting = waits_.find(name);
      const bool is_known = same(before, after);
      if (is_known && waiting == waits_.end()) continue;
      PreviewItem item = describe(name);
      // What was held back before is not forgotten; what else is waited for is no change.
      if (is_known && item.changes.empty()) continue;
      if (waiting != waits_.end()) {
        item.fate = Fate::wait;
        item.reason = waiting->second;
      } else {
        item.reason = before ? "its definition changes" : "new definition, not to be started";
      }
      preview_.items.push_back(std::move(item));
    }
    for (const auto& [name, before] : before_.containers) {
      if (containers_.contains(name) || after_.containers.contains(name)) continue;
      preview_.items.push_back(
          PreviewItem{.name = name, .fate = Fate::remove, .reason = "definition removed"});
    }
  }

  PreviewItem describe(const std::string& name) const {
    PreviewItem item{.name = name};
    const SpecPtr after = find_or_null(after_.containers, name);
    if (!after) return item;
    item.where = where_of(*after, "");
    SpecPtr base = find_or_null(before_.containers, name);
    const auto seen = observed_.containers.find(name);
    if (seen != observed_.containers.end() && seen->second.alive()) base = seen->second.spec;
    if (base) item.changes = changes_of(*base, *after);
    if (waits_.contains(name)) tell_waiting(item, *after);
    return item;
  }

  // Which changes are still to come once everything else has been done.
  void tell_waiting(PreviewItem& item, const ContainerSpec& after) const {
    const planning::Node& node = graph_.nodes[graph_.find(item.name)];
    const SpecPtr& runs_by = node.observed->spec;
    if (!node.observed->alive() || !runs_by) return;
    std::set<std::string> keys;
    for (const KeyChange& change : changed_members(*runs_by, after)) keys.insert(change.key);
    for (PreviewChange& change : item.changes) change.waits = keys.contains(change.change.key);
    for (const planning::ContentChange& content : node.content) {
      item.changes.push_back({content.change, where_of(after, content.change.key), true});
    }
    if (std::ranges::any_of(item.changes, &PreviewChange::waits)) {
      item.waits_for = waits_.at(item.name);
    }
  }

  const DesiredState& before_;
  const DesiredState& after_;
  const ObservedState& observed_;
  Preview preview_;
  DoingsByName containers_;
  DoingsByName networks_;
  std::vector<std::pair<std::size_t, PreviewItem>> order_;
  std::map<std::string, std::string> waits_;
  ObservedState rest_;     // once everything has been done that does not wait
  planning::Graph graph_;  // of the same; made where something waits
};

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::create: return "create";
    case Fate::start: return "start";
    case Fate::update: return "update";
    case Fate::reload: return "reload";
    case Fate::restart: return "restart";
    case Fate::recreate: return "recreate";
    case Fate::stop: return "stop";
    case Fate::remove: return "remove";
    case Fate::clean_up: return "clean-up";
    case Fate::take_up: return "take-up";
    case Fate::wait: return "wait";
  }
  return "?";
}

Preview preview(const DesiredState& before, const DesiredState& after,
                const ObservedState& observed, Instant now) {
  return Previewer(before, after, observed).make(now);
}

}  // namespace berth
