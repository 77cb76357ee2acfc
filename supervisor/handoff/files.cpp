#include "supervisor/handoff/files.h"

#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace berth::handoff {

namespace {

std::size_t questions_end(std::size_t count) {
  return sizeof(FilesHeader) + count * sizeof(FileQuestion);
}

}  // namespace

FilesRequest& FilesRequest::operator=(FilesRequest&& other) noexcept {
  std::swap(memfd_, other.memfd_);
  std::swap(begin_, other.begin_);
  std::swap(size_, other.size_);
  return *this;
}

FilesRequest::~FilesRequest() {
  if (begin_ != nullptr) ::munmap(begin_, size_);
}

Result<void> FilesRequest::map(int memfd, std::size_t size) {
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (mapped == MAP_FAILED) return fail_errno("cannot map a request about files");
  begin_ = static_cast<std::byte*>(mapped);
  size_ = size;
  return {};
}

Result<FilesRequest> FilesRequest::make(const std::vector<Ask>& asked, const FilesKey& key) {
  std::size_t size = questions_end(asked.size());
  for (const Ask& ask : asked) size += ask.path.size() + 1 + (ask.content ? ask.most : 0);
  FilesRequest request;
  request.memfd_.reset(::memfd_create("berth-files", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!request.memfd_) return fail_errno("cannot make a request about files");
  // Else a read behind the end would be a SIGBUS on the other side.
  if (::ftruncate(request.memfd(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(request.memfd(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return fail_errno("cannot size a request about files");
  }
  TRY(request.map(request.memfd(), size));
  FilesHeader header;
  header.count = static_cast<std::uint32_t>(asked.size());
  header.key = key;
  std::memcpy(request.begin_, &header, sizeof(header));
  std::size_t at = questions_end(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const Ask& ask = asked[i];
    FileQuestion question;
    question.path = static_cast<std::uint32_t>(at);
    question.wanted = ask.content ? 1 : 0;
    question.known = ask.known;
    question.most = ask.most;
    std::memcpy(request.begin_ + at, ask.path.c_str(), ask.path.size() + 1);
    at += ask.path.size() + 1;
    if (ask.content) question.content = std::exchange(at, at + ask.most);
    std::memcpy(request.begin_ + questions_end(i), &question, sizeof(question));
  }
  return request;
}

Result<FilesRequest> FilesRequest::open(int memfd) {
  struct stat status{};
  const int seals = ::fcntl(memfd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(memfd, &status) != 0 ||
      static_cast<std::size_t>(status.st_size) < sizeof(FilesHeader)) {
    return fail_errno("not a request about files", EBADMSG);
  }
  FilesRequest request;
  TRY(request.map(memfd, static_cast<std::size_t>(status.st_size)));
  if (!request.is_sound()) return fail_errno("not a request about files", EBADMSG);
  return request;
}

bool FilesRequest::is_sound() const {
  const FilesHeader& head = header();
  if (head.magic != kFilesMagic) return false;
  if (head.count > (size_ - sizeof(FilesHeader)) / sizeof(FileQuestion)) return false;
  for (const FileQuestion& question : questions()) {
    if (question.path >= size_) return false;
    const void* const end = std::memchr(begin_ + question.path, 0, size_ - question.path);
    if (end == nullptr || begin_[question.path] != std::byte{'/'}) return false;
    if (question.wanted == 0) continue;
    if (question.content > size_ || question.most > size_ - question.content) return false;
  }
  return true;
}

std::span<FileQuestion> FilesRequest::questions() const {
  return {reinterpret_cast<FileQuestion*>(begin_ + sizeof(FilesHeader)), header().count};
}

const char* FilesRequest::path(const FileQuestion& question) const {
  return reinterpret_cast<const char*>(begin_ + question.path);
}

std::span<std::byte> FilesRequest::room(const FileQuestion& question) const {
  return {begin_ + question.content, question.most};
}

std::string_view FilesRequest::content(const FileQuestion& question) const {
  return {reinterpret_cast<const char*>(begin_ + question.content), question.content_size};
}

}  // namespace berth::handoff
