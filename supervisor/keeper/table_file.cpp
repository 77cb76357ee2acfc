#include "supervisor/keeper/table_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <tuple>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/base/unique_fd.h"

namespace berth::keeper {
namespace {

struct Header {
  std::array<char, 8> magic{};
  std::uint32_t version = 0;
  std::uint32_t entry_size = 0;
  std::uint32_t count = 0;
  std::uint32_t reserved = 0;
  std::array<char, 40> boot_id{};  // padded with NULs
};
static_assert(sizeof(Header) == 64);

constexpr std::array<char, 8> kMagic{'b', 'e', 'r', 't', 'h', 'k', 'p', 'r'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kTableSize = sizeof(Header) + kMaxLaunches * sizeof(Entry);
constexpr std::size_t kSizeMost = 4u << 20;  // of a later version's

std::array<char, 40> padded(std::string_view boot_id) {
  std::array<char, 40> text{};
  std::copy_n(boot_id.data(), std::min(boot_id.size(), text.size()), text.data());
  return text;
}

bool has_process(const Entry& entry) {
  return entry.state == Entry::State::lives || entry.state == Entry::State::ended;
}

bool plausible(const Entry& entry) {
  return entry.state <= Entry::State::ended && (!has_process(entry) || entry.pid > 0);
}

std::span<Entry> map_entries(int fd, std::string& trouble) {
  const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* const mapped = ::mmap(nullptr, kTableSize, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (mapped == MAP_FAILED) {
    if (fd < 0) return {};
    trouble = "cannot map it: " + std::string(std::strerror(errno));
    return map_entries(-1, trouble);
  }
  return {reinterpret_cast<Entry*>(static_cast<std::byte*>(mapped) + sizeof(Header)), kMaxLaunches};
}

}  // namespace

FormerEntries read_table(std::span<const std::byte> bytes, std::string_view boot_id) {
  FormerEntries former;
  Header header;
  if (bytes.size() < sizeof header) return {{}, "it is too short"};
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic) return {{}, "it is no table of launches"};
  if (header.version == 0 || header.version > kVersion) {
    return {{}, "it is of version " + std::to_string(header.version) + ", which is not known"};
  }
  const std::size_t size = header.entry_size;
  if (size < sizeof(Entry) || size > kSizeMost ||
      bytes.size() != sizeof header + size * header.count) {
    return {{}, "its size is not what it says"};
  }
  if (header.boot_id != padded(boot_id)) return former;  // none of them lives
  for (std::size_t i = 0; i < header.count && former.entries.size() < kMaxLaunches; ++i) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + sizeof header + i * size, sizeof entry);
    if (!plausible(entry)) {
      former.trouble = "entry " + std::to_string(i) + " is damaged";
    } else if (has_process(entry)) {
      former.entries.push_back(entry);
    }
  }
  return former;
}

std::span<Entry> make_table(const std::string& path, std::string_view boot_id,
                            std::span<const Entry> former, std::string& trouble) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  unique_fd file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  // Room for all of it: a store into a page that the file system has no room for is a SIGBUS.
  const int error = file ? ::posix_fallocate(file.get(), 0, kTableSize) : errno;
  if (error != 0) {
    trouble = "cannot make it: " + std::string(std::strerror(error));
    file.reset();
  }
  const std::span<Entry> entries = map_entries(file.get(), trouble);
  if (entries.empty()) return entries;
  std::copy(former.begin(), former.end(), entries.begin());
  if (!file) {
    ::unlink(fresh.c_str());
    return entries;
  }
  const Header header{.magic = kMagic,
                      .version = kVersion,
                      .entry_size = sizeof(Entry),
                      .count = kMaxLaunches,
                      .boot_id = padded(boot_id)};
  std::memcpy(reinterpret_cast<std::byte*>(entries.data()) - sizeof header, &header, sizeof header);
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    trouble = "cannot put it there: " + std::string(std::strerror(errno));
  }
  return entries;
}

std::span<Entry> take_table(const std::string& path, bool own) {
  std::string boot_id = read_small_file("/proc/sys/kernel/random/boot_id").value_or("");
  boot_id = boot_id.substr(0, boot_id.find('\n'));
  FormerEntries former;
  if (const auto bytes = read_small_file(path, kSizeMost)) {
    former = read_table(std::as_bytes(std::span(*bytes)), boot_id);
  }
  if (!former.trouble.empty()) {
    const std::string aside = path + ".damaged";
    std::ignore = ::rename(path.c_str(), aside.c_str());
    std::fprintf(stderr, "berthd: %s: %s; it is kept as %s\n", path.c_str(), former.trouble.c_str(),
                 aside.c_str());
  }
  for (Entry& entry : former.entries) {
    if (!own) entry.flags |= handoff::KeeperMessage::kOrphan;
  }
  std::string trouble;
  const std::span<Entry> entries = make_table(path, boot_id, former.entries, trouble);
  if (!trouble.empty()) {
    std::fprintf(stderr,
                 "berthd: %s: %s; should the keeper be killed, the next one does not know how "
                 "containers ended\n",
                 path.c_str(), trouble.c_str());
  }
  return entries;
}

}  // namespace berth::keeper
