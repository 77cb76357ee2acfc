// Dependencies between the containers of a set.
#include <algorithm>
#include <set>

#include "supervisor/definition/check_set.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/unit_name.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

std::string key_of(const std::string& dependency) { return "depends_on." + dependency; }

Misfit missing(const SetView& set, const ContainerSpec& spec, const std::string& name) {
  Misfit missing;
  const auto bad = set.bad.find(name);
  if (bad != set.bad.end()) {
    missing =
        misfit(spec, key_of(name), quote(name) + " has no good definition", "mend " + bad->second);
  } else {
    std::vector<std::string_view> names;
    for (const auto& [other, unused] : set.containers) {
      if (other != spec.name) names.push_back(other);
    }
    const std::string_view near = nearest(name, names);
    missing = misfit(spec, key_of(name), "there is no container " + quote(name),
                     near.empty() ? "a file " + name + ".toml beside this one"
                                  : "did you mean " + std::string(near) + "?");
  }
  missing.tolerable = true;
  return missing;
}

// A condition that the other container can never meet. When only that one changed, it is at fault.
void check_condition(const SetView& set, const ContainerSpec& spec, const std::string& name,
                     DependencyCondition condition, std::vector<Misfit>& misfits) {
  const ContainerSpec& other = *set.containers.at(name);
  std::string problem;
  std::string remedy;
  if (condition == DependencyCondition::completed && other.type != ContainerType::oneshot) {
    problem = quote(name) + (other.boots() ? " is a system" : " is a service") +
              ", which is never completed";
    remedy = "started or healthy, or type = \"oneshot\" in " + where_of(other, "").file;
  }
  if (condition == DependencyCondition::healthy && !other.healthcheck.configured()) {
    problem = quote(name) + " has no healthcheck, and so is never known to be healthy";
    remedy = "started, or a [healthcheck] in " + where_of(other, "").file;
  }
  if (problem.empty()) return;
  Misfit wrong = misfit(spec, key_of(name) + ".condition", std::move(problem), std::move(remedy));
  wrong.tolerable = true;
  if (is_unchanged(set, spec) && !is_unchanged(set, other) && set.previous->contains(name)) {
    wrong.container = name;
    wrong.diagnostic.container = name;
  }
  misfits.push_back(std::move(wrong));
}

// Depth-first search without recursion: a chain may be as long as there are containers.
class CycleSearch {
 public:
  CycleSearch(const SetView& set, std::vector<Misfit>& misfits) : set_(set), misfits_(misfits) {}

  void run() {
    for (const auto& [name, spec] : set_.containers) {
      if (!seen_.contains(name)) walk_from(*spec);
    }
  }

 private:
  struct Step {
    const ContainerSpec* spec;
    std::map<std::string, DependencySpec>::const_iterator next;
  };

  void walk_from(const ContainerSpec& start) {
    enter(start);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == step.spec->depends_on.end()) {
        on_path_.erase(step.spec->name);
        path_.pop_back();
        continue;
      }
      const std::string& name = (step.next++)->first;
      const auto found = set_.containers.find(name);
      if (found == set_.containers.end()) continue;
      if (on_path_.contains(name)) {
        report(name);
      } else if (!seen_.contains(name)) {
        enter(*found->second);
      }
    }
  }

  void enter(const ContainerSpec& spec) {
    seen_.insert(spec.name);
    on_path_.insert(spec.name);
    path_.push_back(Step{&spec, spec.depends_on.begin()});
  }

  // The path's end depends on `name`, which is on the path. A container is reported for one cycle
  // only: as long as that one is there, the others do not matter.
  void report(const std::string& name) {
    std::vector<const ContainerSpec*> members;
    auto step = std::ranges::find(path_, name, [](const Step& each) { return each.spec->name; });
    for (; step != path_.end(); ++step) members.push_back(step->spec);
    if (std::ranges::any_of(members, [&](const auto* each) { return reported_.contains(each); })) {
      return;
    }
    reported_.insert(members.begin(), members.end());
    std::ranges::rotate(members, std::ranges::min_element(members, {}, &ContainerSpec::name));
    std::string text = members.size() == 1 ? "a container cannot depend on itself"
                                           : "these containers wait for each other: ";
    for (size_t i = 0; members.size() > 1 && i <= members.size(); ++i) {
      const ContainerSpec& member = *members[i % members.size()];
      if (i != 0) text += " -> ";
      text += member.name;
      if (i < members.size()) text += " (" + format(position(members, i)) + ")";
    }
    blame(members, text);
  }

  static SourcePos position(const std::vector<const ContainerSpec*>& members, size_t index) {
    return where_of(*members[index], key_of(members[(index + 1) % members.size()]->name));
  }

  void blame(const std::vector<const ContainerSpec*>& members, const std::string& text) {
    const bool some_changed = std::ranges::any_of(
        members, [&](const ContainerSpec* member) { return !is_unchanged(set_, *member); });
    bool told = false;
    for (size_t i = 0; i < members.size(); ++i) {
      const ContainerSpec& member = *members[i];
      if (some_changed && is_unchanged(set_, member)) continue;
      const std::string key = key_of(members[(i + 1) % members.size()]->name);
      const std::string problem =
          told ? "this is part of the cycle that is shown at " + first_place_ : text;
      if (!told) first_place_ = format(where_of(member, key));
      told = true;
      misfits_.push_back(misfit(member, key, problem, ""));
    }
  }

  const SetView& set_;
  std::vector<Misfit>& misfits_;
  std::vector<Step> path_;
  std::set<std::string> on_path_;
  std::set<std::string> seen_;
  std::set<const ContainerSpec*> reported_;
  std::string first_place_;
};

}  // namespace

void check_dependencies(const SetView& set, std::vector<Misfit>& misfits) {
  for (const auto& [unused, spec] : set.containers) {
    for (const auto& [name, dependency] : spec->depends_on) {
      if (names_unit(name)) continue;  // whether there is such a unit is systemd's to say
      if (set.containers.contains(name)) {
        check_condition(set, *spec, name, dependency.condition, misfits);
      } else if (!set.quiet || !set.bad.contains(name)) {
        misfits.push_back(missing(set, *spec, name));
      }
    }
  }
}

void check_cycles(const SetView& set, std::vector<Misfit>& misfits) {
  CycleSearch(set, misfits).run();
}

}  // namespace berth::definition
