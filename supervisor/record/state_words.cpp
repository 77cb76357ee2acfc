// The words for the enumerations of what is observed.
#include "supervisor/plan/units.h"
#include "supervisor/record/observed_members.h"

namespace berth::record {

std::string_view state_word(Phase value) {
  return value > Phase::frozen ? std::string_view() : name_of(value);
}

std::string_view state_word(Health value) {
  return value > Health::unhealthy ? std::string_view() : name_of(value);
}

std::string_view state_word(Presence value) {
  switch (value) {
    case Presence::absent: return "absent";
    case Presence::creating: return "creating";
    case Presence::present: return "present";
    case Presence::removing: return "removing";
    case Presence::failed: return "failed";
  }
  return "";
}

std::string_view state_word(Intent value) {
  switch (value) {
    case Intent::none: return "none";
    case Intent::run: return "run";
    case Intent::stop: return "stop";
  }
  return "";
}

std::string_view state_word(Task value) {
  switch (value) {
    case Task::create_sandbox: return "create-sandbox";
    case Task::remove_sandbox: return "remove-sandbox";
    case Task::launch: return "launch";
    case Task::clean_up: return "clean-up";
    case Task::update: return "update";
    case Task::remove_root: return "remove-root";
    case Task::remove_everything: return "remove-everything";
  }
  return "";
}

std::string_view state_word(UnitActivity value) {
  return value > UnitActivity::failed ? std::string_view() : planning::name_of(value);
}

std::string_view state_word(ExitStatus::Kind value) {
  switch (value) {
    case ExitStatus::Kind::exited: return "exited";
    case ExitStatus::Kind::signaled: return "signaled";
    case ExitStatus::Kind::unknown: return "unknown";
  }
  return "";
}

}  // namespace berth::record
