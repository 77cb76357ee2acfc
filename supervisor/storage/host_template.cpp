#include "supervisor/storage/host_template.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>

#include <dirent.h>
#include <linux/fs.h>
#include <sys/stat.h>

namespace berth::storage {
namespace {

using handoff::Op;
using handoff::Program;

// What programs expect to find: accounts, name resolution, the dynamic linker's settings, trust in
// certificates, time zone, shells. No shadow files, no ssl/private, no service's configuration.
constexpr std::array<std::string_view, 39> kEtcEntries = {"adduser.conf",
                                                          "alternatives",
                                                          "bash.bashrc",
                                                          "bindresvport.blacklist",
                                                          "ca-certificates",
                                                          "ca-certificates.conf",
                                                          "debian_version",
                                                          "environment",
                                                          "fonts",
                                                          "gai.conf",
                                                          "group",
                                                          "host.conf",
                                                          "inputrc",
                                                          "issue",
                                                          "ld.so.cache",
                                                          "ld.so.conf",
                                                          "ld.so.conf.d",
                                                          "localtime",
                                                          "login.defs",
                                                          "lsb-release",
                                                          "magic",
                                                          "mailcap",
                                                          "mime.types",
                                                          "netconfig",
                                                          "networks",
                                                          "nsswitch.conf",
                                                          "os-release",
                                                          "passwd",
                                                          "perl",
                                                          "profile",
                                                          "profile.d",
                                                          "protocols",
                                                          "python3",
                                                          "rpc",
                                                          "services",
                                                          "shells",
                                                          "skel",
                                                          "terminfo",
                                                          "timezone"};
constexpr std::array<std::string_view, 2> kSslEntries = {"ssl/certs", "ssl/openssl.cnf"};

struct Directory {
  std::string_view path;
  std::uint32_t mode;
};
constexpr std::array<Directory, 23> kDirectories = {
    {{"dev", 0755},       {"etc", 0755},       {"etc/ssl", 0755},   {"home", 0755},
     {"media", 0755},     {"mnt", 0755},       {"opt", 0755},       {"proc", 0755},
     {"root", 0700},      {"run", 0755},       {"run/lock", 01777}, {"srv", 0755},
     {"sys", 0755},       {"tmp", 01777},      {"usr", 0755},       {"var", 0755},
     {"var/cache", 0755}, {"var/lib", 0755},   {"var/log", 0755},   {"var/mail", 0755},
     {"var/opt", 0755},   {"var/spool", 0755}, {"var/tmp", 01777}}};

// FNV-1a: tells versions apart, nothing more.
class Fingerprint {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    hash_ = (hash_ ^ 0xffu) * 0x100000001b3u;
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(hash_ >> shift) & 15];
    return out;
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

void add_entry(Fingerprint& fingerprint, std::string_view entry) {
  struct stat status{};
  const std::string path = "/etc/" + std::string(entry);
  if (::lstat(path.c_str(), &status) != 0) return;
  fingerprint.add(entry);
  fingerprint.add(std::to_string(status.st_size) + "." + std::to_string(status.st_mtim.tv_sec) +
                  "." + std::to_string(status.st_mtim.tv_nsec));
}

// Symlinks of the top directory that lead into /usr: bin, sbin, lib and lib's other widths.
void find_links(HostTemplate& host) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/", error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->is_symlink(error)) continue;
    std::string target = std::filesystem::read_symlink(entry->path(), error).string();
    if (error) continue;
    if (target.starts_with('/')) target.erase(0, 1);
    const std::string name = entry->path().filename().string();
    if (target.starts_with("usr/") && target.find("..") == std::string::npos) {
      host.links[name] = target;
    }
  }
}

void copy_etc(Program& program, const std::string& half_made) {
  const auto copy = [&](std::string_view entry) {
    const std::string name(entry);
    program.from({"copy /etc/" + name, "", 0, 0});
    program.add(Op::copy_tree, {.text = "/etc/" + name,
                                .text2 = half_made + "/etc/" + name,
                                .flags = handoff::kTolerateMissing});
  };
  for (const std::string_view entry : kEtcEntries) copy(entry);
  for (const std::string_view entry : kSslEntries) copy(entry);
}

}  // namespace

std::span<const std::string_view> copied_etc_entries() { return kEtcEntries; }

HostTemplate gather_host_template() {
  HostTemplate host;
  find_links(host);
  for (const char* needed : {"bin", "lib"}) {
    if (!host.links.contains(needed)) {
      host.problem = "/" + std::string(needed) + " of this host is not a link into /usr";
    }
  }
  Fingerprint fingerprint;
  for (const std::string_view entry : kEtcEntries) add_entry(fingerprint, entry);
  for (const std::string_view entry : kSslEntries) add_entry(fingerprint, entry);
  for (const auto& [name, target] : host.links) fingerprint.add(name + ">" + target);
  host.version = fingerprint.text();
  return host;
}

std::string host_template_directory(const Paths& paths, const HostTemplate& host) {
  return paths.templates() + "/host-" + host.version;
}

Program compile_host_template(const Paths& paths, const HostTemplate& host) {
  Program program;
  const std::string done = host_template_directory(paths, host);
  const std::string half_made = done + ".new";
  program.from({"make the template host", "", 0, 0});
  program.add(Op::make_path, {.text = paths.templates(), .value = 0700});
  program.add(Op::remove_tree, {.text = half_made, .flags = handoff::kTolerateMissing});
  program.add(Op::make_dir, {.text = half_made, .value = 0755});
  for (const Directory& directory : kDirectories) {
    program.add(Op::make_dir,
                {.text = half_made + "/" + std::string(directory.path), .value = directory.mode});
  }
  for (const auto& [name, target] : host.links) {
    program.add(Op::make_symlink, {.text = target, .text2 = half_made + "/" + name});
  }
  program.add(Op::make_symlink, {.text = "/run", .text2 = half_made + "/var/run"});
  program.add(Op::make_symlink, {.text = "/run/lock", .text2 = half_made + "/var/lock"});
  program.add(Op::make_symlink, {.text = "/proc/self/mounts", .text2 = half_made + "/etc/mtab"});
  copy_etc(program, half_made);
  // The first one that is whole counts; a second one, made meanwhile, is thrown away.
  program.from({"put the template host into place", "", 0, 0});
  program.add(Op::rename, {.text = half_made,
                           .text2 = done,
                           .value = RENAME_NOREPLACE,
                           .flags = handoff::kTolerateExists});
  program.add(Op::remove_tree,
              {.text = half_made, .flags = handoff::kTolerateMissing | handoff::kAlways});
  return program;
}

}  // namespace berth::storage
