// The file that the keeper's launches are written in: mapped, so that a store is all that it takes
// and a killed keeper leaves each of them. The next keeper finds in it whose processes they were.
//
// The file: a Header, and `count` entries of `entry_size` bytes. A later version may only add to
// the end of an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/handoff/messages.h"

namespace berth::keeper {

inline constexpr std::size_t kMaxLaunches = 4096;

struct Entry {
  enum class State : std::uint32_t { free, known, lives, ended };

  std::uint64_t id = 0;          // of the launch or sandbox
  std::uint64_t start_time = 0;  // in clock ticks since the boot
  std::int32_t pid = 0;
  std::int32_t code = 0;  // si_code and si_status, once it has ended
  std::int32_t status = 0;
  std::int32_t flags = 0;  // KeeperMessage::kBegun, kOrphan
  // known: something is held for it, and it has no process (yet). Written last, so that whatever
  // store was the last one the entry is whole.
  State state = State::free;
  std::uint32_t reserved = 0;

  void become(State next) noexcept {
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(&state), static_cast<std::uint32_t>(next),
                     __ATOMIC_RELEASE);
  }
  [[nodiscard]] bool orphan() const noexcept {
    return (flags & handoff::KeeperMessage::kOrphan) != 0;
  }
};
static_assert(sizeof(Entry) == 40);

// What a file of these bytes says of processes of this boot; entries without a process are left
// out. `trouble` says what is wrong with the file, "" when nothing is.
struct FormerEntries {
  std::vector<Entry> entries;
  std::string trouble;
};
FormerEntries read_table(std::span<const std::byte> bytes, std::string_view boot_id);

// A new file at `path` with `former` as its first entries, in place of the one that is there. The
// mapping lasts as long as the process. When there is no room for the file, the entries are in
// memory alone, and `trouble` says so.
std::span<Entry> make_table(const std::string& path, std::string_view boot_id,
                            std::span<const Entry> former, std::string& trouble);

// Both: what an earlier keeper left is taken into a new file, as orphans unless `own`; a damaged
// file is set aside as PATH.damaged. Troubles are said on the error output.
std::span<Entry> take_table(const std::string& path, bool own);

}  // namespace berth::keeper
