#include "supervisor/source/git_commands.h"

#include "supervisor/source/git_answers.h"

namespace berth::source {
namespace {

constexpr const char* kFetchGit = "/berth/work/fetch.git";
constexpr const char* kFetchedGit = "/berth/fetched/fetch.git";
constexpr const char* kFetchedObjects = "/berth/fetched/fetch.git/objects";
constexpr const char* kEmpty = "/berth/repository";
constexpr const char* kFetchedRef = "refs/berth/fetched";

const char* directory_of(About about) {
  switch (about) {
    case About::fetching: return kFetchGit;
    case About::fetched: return kFetchedGit;
    case About::nothing:
    case About::objects: break;
  }
  return kEmpty;
}

// A value of git's configuration, in quotes.
std::string config_value(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "\"";
}

std::string format_config(Format format, bool more) {
  if (format == Format::sha1) return more ? "[extensions]\n" : "";
  return "[extensions]\n\tobjectFormat = sha256\n";
}

}  // namespace

Format format_of(const std::string& id) { return id.size() == 64 ? Format::sha256 : Format::sha1; }

std::string url_inside(const Repository& repository) {
  if (repository.transport != Transport::file) return repository.url;
  return std::string("file://") + kOriginPlace;
}

std::vector<std::string> environment(About about, Transport transport) {
  std::vector<std::string> all{
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LC_ALL=C",
      "TZ=UTC",
      std::string("HOME=") + kWorkPlace,
      std::string("TMPDIR=") + kWorkPlace,
      std::string("GNUPGHOME=") + kGnupgPlace,
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=/berth/gitconfig",
      "GIT_ATTR_NOSYSTEM=1",
      "GIT_TERMINAL_PROMPT=0",
      "GIT_ASKPASS=/bin/false",
      "GIT_LITERAL_PATHSPECS=1",
      "GIT_NO_REPLACE_OBJECTS=1",
      "GIT_PAGER=cat",
      "GIT_ALLOW_PROTOCOL=" + std::string(transport_name(transport)),
      std::string("GIT_DIR=") + directory_of(about),
      // ~/.ssh and /etc/ssh play no part; what cannot be asked of anybody fails.
      "GIT_SSH_COMMAND=ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes"
      " -o IdentitiesOnly=yes -o IdentityFile=" +
          std::string(kSshKeyPlace) + " -o UserKnownHostsFile=" + kKnownHostsPlace +
          " -o GlobalKnownHostsFile=none -o ForwardAgent=no -o ClearAllForwardings=yes"
          " -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=3",
  };
  if (about == About::objects) {
    all.push_back(std::string("GIT_OBJECT_DIRECTORY=") + kFetchedObjects);
  }
  return all;
}

std::string global_config(Verifier verifier, bool credentials) {
  std::string text =
      // Nothing of a repository is run.
      "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\tattributesFile = /dev/null\n"
      "\tpackedGitWindowSize = 16m\n\tpackedGitLimit = 256m\n\tdeltaBaseCacheLimit = 32m\n"
      "\tbigFileThreshold = 8m\n"
      "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
      // What arrives is checked, and stays one file, so that its size can be limited.
      "[transfer]\n\tfsckObjects = true\n\tunpackLimit = 1\n"
      "[fetch]\n\tfsckObjects = true\n\tunpackLimit = 1\n\trecurseSubmodules = false\n"
      "\twriteCommitGraph = false\n"
      "[submodule]\n\trecurse = false\n"
      "[pack]\n\tthreads = 1\n\twindowMemory = 64m\n\twriteReverseIndex = false\n"
      "[protocol]\n\tversion = 2\n"
      "[http]\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 30\n"
      // A file:// repository belongs to somebody else, and its upload-pack is run by us.
      "[safe]\n\tdirectory = *\n"
      "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n"
      "[credential]\n\thelper =\n";
  if (credentials) text += std::string("\thelper = store --file=") + kCredentialsPlace + "\n";
  // A signature of the other kind is no signature.
  const bool ssh = verifier == Verifier::ssh;
  const bool gpg = verifier == Verifier::gpg;
  text += std::string("[gpg \"openpgp\"]\n\tprogram = ") + (gpg ? "gpg" : "/bin/false") + "\n";
  text += "[gpg \"x509\"]\n\tprogram = /bin/false\n";
  text += std::string("[gpg \"ssh\"]\n\tprogram = ") + (ssh ? "ssh-keygen" : "/bin/false") + "\n";
  if (ssh) text += std::string("\tallowedSignersFile = ") + kSignersPlace + "\n";
  return text;
}

std::string gpg_config() {
  // The key ring holds who is trusted; no web of trust, no network, no agent.
  return "batch\nno-tty\nno-greeting\nno-autostart\nno-permission-warning\n"
         "trust-model always\nno-auto-key-retrieve\nno-auto-key-locate\n"
         "weak-digest SHA1\nlock-never\n";
}

std::vector<PlantedFile> empty_repository(Format format, const std::string& shallow) {
  const std::string place = kEmpty;
  const std::string version = format == Format::sha1 ? "0" : "1";
  std::vector<PlantedFile> files{
      {place + "/HEAD", "ref: refs/heads/none\n"},
      {place + "/config", "[core]\n\trepositoryformatversion = " + version + "\n\tbare = true\n" +
                              format_config(format, false)},
      {place + "/refs/heads/README", ""},
      {place + "/objects/README", ""}};
  if (!shallow.empty()) files.push_back({place + "/shallow", shallow + "\n"});
  return files;
}

std::string fetch_config(Format format, const std::string& url, const std::string& filter) {
  return "[core]\n\trepositoryformatversion = 1\n\tbare = true\n" + format_config(format, true) +
         "\tpartialClone = origin\n[remote \"origin\"]\n\turl = " + config_value(url) +
         "\n\tpromisor = true\n\tpartialclonefilter = " + filter + "\n";
}

namespace words {

Words list_remote(const std::string& url, const Ref& ref) {
  Words all{"git", "ls-remote", "--quiet", "--", url};
  if (ref.kind == RefKind::head) all.insert(all.end(), {"HEAD"});
  if (ref.kind == RefKind::full) all.insert(all.end(), {ref.text, ref.text + "^{}"});
  if (ref.kind == RefKind::name) {
    const std::string tag = "refs/tags/" + ref.text;
    all.insert(all.end(), {"refs/heads/" + ref.text, tag, tag + "^{}"});
  }
  return all;
}

Words fetch(const std::string& source, int depth, const std::string& filter) {
  return {"git",
          "fetch",
          "--quiet",
          "--no-tags",
          "--no-auto-gc",
          "--no-write-fetch-head",
          "--refmap=",
          "--recurse-submodules=no",
          "--depth=" + std::to_string(depth),
          "--filter=" + filter,
          "origin",
          "+" + source + ":" + kFetchedRef};
}

Words fetch_objects() {
  return {"git",
          "-c",
          "fetch.negotiationAlgorithm=noop",
          "fetch",
          "--quiet",
          "--no-tags",
          "--no-auto-gc",
          "--no-write-fetch-head",
          "--recurse-submodules=no",
          "--filter=blob:none",
          "--stdin",
          "origin"};
}

Words fetched_commit() {
  return {"git", "rev-parse", "--verify", "--quiet", std::string(kFetchedRef) + "^{commit}"};
}

Words history(const std::string& commit, int most) {
  return {"git", "rev-list", "--max-count=" + std::to_string(most), commit};
}

Words list_tree(const std::string& commit, const std::string& directory, bool with_trees) {
  const std::string prefix = directory.empty() ? "" : directory + "/";
  Words all{"git", "ls-tree", "-r", "-z", "--full-tree"};
  if (with_trees) all.emplace_back("-t");
  all.insert(all.end(), {commit, "--", prefix + "containers", prefix + "networks"});
  return all;
}

Words check_objects() { return {"git", "cat-file", "--batch-check"}; }
Words contents() { return {"git", "cat-file", "--batch"}; }
Words pack() { return {"git", "pack-objects", "--stdout", "--quiet", "--window=0"}; }
Words index_pack() { return {"git", "index-pack", "--stdin"}; }
Words import_keys() { return {"gpg", "--import", kKeyringPlace}; }
Words verify(const std::string& commit) { return {"git", "verify-commit", "--raw", commit}; }
// Not `git show`, which compares trees even where nothing of it is printed, and not all are there.
Words describe(const std::string& commit, bool verified) {
  const char* const format = verified ? kFactsFormat : kFactsFormatUnverified;
  return {
      "git", "log", "-1", "--no-show-signature", "--no-mailmap", std::string("--format=") + format,
      commit};
}

}  // namespace words

}  // namespace berth::source
