// The commands that git is given, the configuration that it reads and the environment that it has:
// all of it written here, nothing taken from the host, the user or the repository. Pure.
//
// Paths are those of the sandbox:
//   /berth/gitconfig          the only configuration of ours
//   /berth/repository         an empty repository, read-only; its objects/ is what is looked at
//   /berth/work               where fetch.git is, and temporary files; the only writable directory
//   /berth/fetched            the fetched repository, read-only
//   /berth/origin             the repository of a file:// URL, read-only
//   /berth/keys/              signers, key ring, deploy key, credentials
#pragma once

#include <string>
#include <vector>

#include "supervisor/source/repository.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {

inline constexpr const char* kOriginPlace = "/berth/origin";
inline constexpr const char* kWorkPlace = "/berth/work";
inline constexpr const char* kFetchedPlace = "/berth/fetched";
inline constexpr const char* kObjectsPlace = "/berth/repository/objects";
inline constexpr const char* kGnupgPlace = "/berth/work/gnupg";
inline constexpr const char* kSignersPlace = "/berth/keys/allowed_signers";
inline constexpr const char* kKeyringPlace = "/berth/keys/keyring";
inline constexpr const char* kSshKeyPlace = "/berth/keys/ssh_key";
inline constexpr const char* kKnownHostsPlace = "/berth/keys/known_hosts";
inline constexpr const char* kCredentialsPlace = "/berth/keys/credentials";

enum class Format { sha1, sha256 };
Format format_of(const std::string& id);

// Which repository a command is about.
enum class About {
  nothing,  // /berth/repository, its own objects
  objects,  // /berth/repository, the objects of /berth/fetched/fetch.git
  fetched,  // /berth/fetched/fetch.git
  fetching  // /berth/work/fetch.git
};

std::vector<std::string> environment(About about, Transport transport);

enum class Verifier { none, ssh, gpg };
// /berth/gitconfig. credentials: whether kCredentialsPlace is there.
std::string global_config(Verifier verifier, bool credentials);

// The files of /berth/repository; shallow: a commit whose parents are not there, or "".
std::vector<PlantedFile> empty_repository(Format format, const std::string& shallow);
// The config of /berth/work/fetch.git, which is made by us, and then git's own.
std::string fetch_config(Format format, const std::string& url, const std::string& filter);
// What git is given as URL: that of file:// repositories is kOriginPlace.
std::string url_inside(const Repository& repository);

namespace words {
using Words = std::vector<std::string>;
Words list_remote(const std::string& url, const Ref& ref);
// Leaves what it fetched at refs/berth/fetched.
Words fetch(const std::string& source, int depth, const std::string& filter);
// Of object ids on standard input.
Words fetch_objects();
Words fetched_commit();
Words history(const std::string& commit, int most);
Words list_tree(const std::string& commit, const std::string& directory, bool with_trees);
Words check_objects();
Words contents();
Words pack();
Words index_pack();
Words import_keys();
Words verify(const std::string& commit);
Words describe(const std::string& commit, bool verified);
}  // namespace words

std::string gpg_config();

}  // namespace berth::source
