#include "supervisor/plan/action.h"

namespace berth {

namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace

std::string_view name_of(const Deed& deed) {
  return std::visit(
      Overloaded{
          [](const action::CreateNetwork&) { return std::string_view("create-network"); },
          [](const action::RemoveNetwork&) { return std::string_view("remove-network"); },
          [](const action::CreateSandbox&) { return std::string_view("create-sandbox"); },
          [](const action::RemoveSandbox&) { return std::string_view("remove-sandbox"); },
          [](const action::Launch&) { return std::string_view("launch"); },
          [](const action::Stop&) { return std::string_view("stop"); },
          [](const action::Kill&) { return std::string_view("kill"); },
          [](const action::CleanUp&) { return std::string_view("clean-up"); },
          [](const action::Update&) { return std::string_view("update"); },
          [](const action::Check&) { return std::string_view("check"); },
          [](const action::Reload&) { return std::string_view("reload"); },
          [](const action::RemoveRoot&) { return std::string_view("remove-root"); },
          [](const action::ApplyView&) { return std::string_view("apply-view"); },
          [](const action::WatchFiles&) { return std::string_view("watch-files"); },
          [](const action::WatchUnits&) { return std::string_view("watch-units"); },
          [](const action::StartUnit&) { return std::string_view("start-unit"); },
          [](const action::Probe&) { return std::string_view("probe"); },
      },
      deed);
}

}  // namespace berth
