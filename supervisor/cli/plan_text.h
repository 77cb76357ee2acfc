// The plan as lines for people, and as JSON. Pure.
#pragma once

#include <string>

#include "supervisor/cli/planned.h"
#include "supervisor/cli/terminal.h"

namespace berth::cli {

// "3 to create, 1 to update live, 2 to restart; generation 12 -> 13", then what becomes of each:
//
//   ~ web  restart  environment.TZ: UTC -> Europe/Berlin (containers/web.toml:12:3)
//   ~ api  restart  because web does
//
// With `verbose` also every action, in order.
std::string plan_text(const Preview& preview, bool verbose, const Terminal& terminal);

// {generation: {before, after}, summary: {create: 3, …}, held_back, items: […], actions: […],
// problems: […]}, in one line.
std::string plan_json(const Planned& planned);

}  // namespace berth::cli
