#include "supervisor/record/store.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/record/record.h"

namespace berth::record {

namespace {

// Names of containers and networks may be the same.
constexpr std::string_view kContainerFile = "c-";
constexpr std::string_view kNetworkFile = "n-";
constexpr std::string_view kNew = "~new";
constexpr std::string_view kDamaged = "~damaged";

constexpr std::size_t kRecordMost = 4u << 20;  // bytes; a definition file has a quarter

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("cannot write a record");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

bool is_file_of(const std::string& file, const Record& record) {
  const bool container = std::holds_alternative<ObservedContainer>(record.observed);
  return file == std::string(container ? kContainerFile : kNetworkFile) + record.name;
}

}  // namespace

Result<RecordStore> RecordStore::open(const std::string& directory, std::string boot_id) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("cannot open " + directory);
  if (::fchmod(fd.get(), 0700) != 0) return fail_errno("cannot protect " + directory);
  return RecordStore(directory, std::move(fd), std::move(boot_id));
}

Result<RecordStore::Loaded> RecordStore::load() {
  Loaded loaded;
  const std::vector<std::string> files = TRY(names_in(path_));
  for (const std::string& file : files) {
    if (file.ends_with(kDamaged)) continue;
    if (file.ends_with(kNew)) {  // its rename never came
      TRY(remove(file));
      continue;
    }
    const auto text = read_small_file(path_ + "/" + file, kRecordMost);
    auto record = text ? parse_record(*text) : Result<Record>(std::unexpected(text.error()));
    if (record && !is_file_of(file, *record)) record = fail("it is the record of something else");
    if (!record) {
      set_aside(file, record.error().message(), loaded);
    } else if (record->boot_id != boot_id_) {
      TRY(remove(file));
    } else if (auto* container = std::get_if<ObservedContainer>(&record->observed)) {
      loaded.observed.containers[record->name] = std::move(*container);
      written_[file] = record_head(*text);
    } else {
      loaded.observed.networks[record->name] =
          std::get<ObservedNetwork>(std::move(record->observed));
      written_[file] = record_head(*text);
    }
  }
  return loaded;
}

void RecordStore::set_aside(const std::string& file, const std::string& why, Loaded& loaded) {
  const std::string aside = file + std::string(kDamaged);
  std::string trouble = "the record " + path_ + "/" + file + " cannot be used: " + why;
  if (::renameat(directory_.get(), file.c_str(), directory_.get(), aside.c_str()) == 0) {
    trouble += "; it is kept as " + aside;
  }
  loaded.troubles.push_back(std::move(trouble));
}

Result<void> RecordStore::keep_container(const std::string& name,
                                         const ObservedContainer* observed) {
  const std::string file = std::string(kContainerFile) + name;
  if (observed == nullptr) return remove(file);
  return keep(file, container_record(name, *observed, boot_id_));
}

Result<void> RecordStore::keep_network(const std::string& name, const ObservedNetwork* observed) {
  const std::string file = std::string(kNetworkFile) + name;
  if (observed == nullptr) return remove(file);
  return keep(file, network_record(name, *observed, boot_id_));
}

Result<void> RecordStore::keep(const std::string& file, const std::string& text) {
  const auto before = written_.find(file);
  const std::string_view head = record_head(text);
  if (before != written_.end() && before->second == head) return {};
  const std::string made = file + std::string(kNew);
  const unique_fd fd(::openat(directory_.get(), made.c_str(),
                              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("cannot make the record " + path_ + "/" + made);
  TRY(write_all(fd.get(), text));
  if (::renameat(directory_.get(), made.c_str(), directory_.get(), file.c_str()) != 0) {
    return fail_errno("cannot replace the record " + path_ + "/" + file);
  }
  written_[file] = head;
  return {};
}

Result<void> RecordStore::remove(const std::string& file) {
  written_.erase(file);
  if (::unlinkat(directory_.get(), file.c_str(), 0) == 0 || errno == ENOENT) return {};
  return fail_errno("cannot remove the record " + path_ + "/" + file);
}

void RecordStore::remove_all() {
  while (!written_.empty()) std::ignore = remove(std::string(written_.begin()->first));
  ::rmdir(path_.c_str());
}

}  // namespace berth::record
