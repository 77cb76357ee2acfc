#include "supervisor/plan/start_request.h"

#include <set>

namespace berth {

namespace {

bool needs_asking(const ObservedState& observed, const std::string& container) {
  const auto found = observed.containers.find(container);
  if (found == observed.containers.end()) return false;
  const ObservedContainer& seen = found->second;
  if (seen.running() || seen.completed) return false;
  return seen.intent == Intent::stop || seen.phase == Phase::failed || seen.resting;
}

void visit(const DesiredState& desired, const ObservedState& observed, const std::string& container,
           std::set<std::string>& visited, std::vector<std::string>& request) {
  const auto found = desired.containers.find(container);
  if (found == desired.containers.end() || !visited.insert(container).second) return;
  for (const auto& [name, dependency] : found->second->depends_on) {
    visit(desired, observed, name, visited, request);
  }
  if (needs_asking(observed, container)) request.push_back(container);
}

}  // namespace

std::vector<std::string> start_request(const DesiredState& desired, const ObservedState& observed,
                                       const std::string& container) {
  std::set<std::string> visited;
  std::vector<std::string> request;
  visit(desired, observed, container, visited, request);
  if (request.empty() || request.back() != container) request.push_back(container);
  return request;
}

}  // namespace berth
