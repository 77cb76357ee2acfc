// /var/lib/berth/source: what root writes. The layout:
//
//   current -> checkouts/COMMIT   the checkout in force; berthd reads containers/ and networks/
//   checkouts/COMMIT              directories and files of root, complete and never changed again
//   status.json                   see status.h
//   lock                          held by whoever syncs
//   work/                         of a sync that runs: what git writes
//
// A change is one rename of a symlink: before it the old checkout is in force, after it the new
// one, whatever happens in between.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/model/paths.h"
#include "supervisor/source/sandbox.h"
#include "supervisor/source/status.h"
#include "supervisor/source/tree_stream.h"

namespace berth::source {

std::string source_directory(const Paths& paths);
std::string current_link(const Paths& paths);
std::string status_file(const Paths& paths);

// Waits for the lock until the deadline; an empty descriptor: somebody else still has it. Makes the
// directories that are missing.
Result<unique_fd> take_lock(const Paths& paths, Instant deadline);

// The status; one that was never written, or cannot be read, is empty. A checkout that it tells of
// but that is not in force is left out.
SourceStatus read_status(const Paths& paths);
Result<void> write_status(const Paths& paths, const SourceStatus& status);

// An empty work/ with directories of these names that belong to `ids`; the one called "root" is
// root's. Whatever an earlier sync left is gone.
Result<std::string> make_work(const Paths& paths, const std::vector<std::string>& names, Ids ids);
void remove_work(const Paths& paths);

// Writes a new checkout beside the one in force, and on to the disk; its name in checkouts/.
// What has the name already and is not in force is removed first.
Result<std::string> write_checkout(const Paths& paths, const std::string& commit,
                                   const std::vector<WantedFile>& files,
                                   const std::vector<std::string>& contents);
std::string checkout_directory(const Paths& paths, const std::string& name);
void remove_checkout(const Paths& paths, const std::string& name);

// The name of the checkout in force.
std::optional<std::string> current_checkout(const Paths& paths);
// Puts it in force. Then removes all checkouts but it and the one before.
Result<void> swap_checkout(const Paths& paths, const std::string& name);

}  // namespace berth::source
