#include "supervisor/source/git_session.h"

#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/source/account.h"

namespace berth::source {
namespace {

constexpr std::uint64_t kTemporaryBytesMax = 16 << 20;
constexpr std::uint64_t kObjectsBytesMax = 160 << 20;

Result<void> make_owned_directory(const std::string& path, Ids ids) {
  if (::mkdir(path.c_str(), 0700) != 0) return fail_errno("cannot make " + path);
  if (::chown(path.c_str(), ids.uid, ids.gid) != 0) return fail_errno("cannot hand over " + path);
  return {};
}

Result<void> make_owned_file(const std::string& path, const std::string& content, Ids ids) {
  TRY(write_in_place(path, content, 0600));
  if (::chown(path.c_str(), ids.uid, ids.gid) != 0) return fail_errno("cannot hand over " + path);
  return {};
}

Result<void> make_repository(const std::string& place, const std::string& config, Ids ids) {
  for (const char* each : {"", "/objects", "/objects/pack", "/objects/info", "/refs"}) {
    TRY(make_owned_directory(place + each, ids));
  }
  TRY(make_owned_file(place + "/HEAD", "ref: refs/heads/none\n", ids));
  return make_owned_file(place + "/config", config, ids);
}

// The way out of a network that has only this one: what the caller's environment says, as the
// service's Environment= does.
void add_proxies(std::vector<std::string>& environment) {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
}

}  // namespace

std::vector<std::string> room_names() {
  return {"root", "fetch", "history", "scratch", "objects", "verify"};
}

std::string GitSession::room(const std::string& name) const { return settings_.work + "/" + name; }

Sandbox GitSession::sandbox(Format format, const std::string& shallow) const {
  Sandbox box;
  box.ids = settings_.ids;
  box.root = room("root");
  const bool credentials = !settings_.credentials.empty();
  box.files = empty_repository(format, shallow);
  box.files.push_back({"/berth/gitconfig", global_config(settings_.verifier, credentials)});
  box.files.push_back({"/etc/passwd", account_file(settings_.ids)});
  box.file_bytes_max = kTemporaryBytesMax;
  return box;
}

// What a step needs to reach the repository.
void GitSession::open_connection(Sandbox& box) const {
  const Transport transport = settings_.repository.transport;
  const auto plant = [&](const char* place, const std::string& content) {
    if (!content.empty()) box.files.push_back({place, content, true});
  };
  if (transport == Transport::file) {
    box.binds.push_back({settings_.repository.directory, kOriginPlace});
    return;
  }
  box.network = true;
  if (transport == Transport::ssh) {
    plant(kSshKeyPlace, settings_.ssh_key);
    plant(kKnownHostsPlace, settings_.known_hosts);
  }
  if (transport == Transport::https) plant(kCredentialsPlace, settings_.credentials);
}

Outcome<Ended> GitSession::run(const Sandbox& box, About about, const Step& step) const {
  Command command{step.words, environment(about, settings_.repository.transport), step.input,
                  step.output_max};
  if (box.network) add_proxies(command.environment);
  return as(Problem::local, run_confined(box, command, settings_.deadline));
}

Outcome<Ended> GitSession::ask_remote(const Step& step) const {
  Sandbox box = sandbox(Format::sha1, "");
  box.binds.push_back({room("scratch"), kWorkPlace, true});
  open_connection(box);
  return run(box, About::nothing, step);
}

Outcome<> GitSession::prepare_room(const std::string& name, Format format,
                                   const std::string& filter) const {
  const std::string config = fetch_config(format, url_inside(settings_.repository), filter);
  return as(Problem::local, make_repository(room(name) + "/fetch.git", config, settings_.ids));
}

Outcome<Ended> GitSession::fetch(const std::string& name, const Step& step) const {
  Sandbox box = sandbox(Format::sha1, "");
  box.binds.push_back({room(name), kWorkPlace, true});
  open_connection(box);
  box.file_bytes_max = settings_.bytes_max;
  box.watched_directory = room(name);
  box.watched_bytes_max = settings_.bytes_max;
  return run(box, About::fetching, step);
}

Outcome<Ended> GitSession::ask_fetched(const std::string& name, const Step& step) const {
  Sandbox box = sandbox(Format::sha1, "");
  box.binds.push_back({room("scratch"), kWorkPlace, true});
  box.binds.push_back({room(name), kFetchedPlace});
  return run(box, About::fetched, step);
}

Outcome<Ended> GitSession::look(Format format, const Step& step) const {
  Sandbox box = sandbox(format, "");
  box.binds.push_back({room("scratch"), kWorkPlace, true});
  box.binds.push_back({room("fetch"), kFetchedPlace});
  return run(box, About::objects, step);
}

Outcome<Ended> GitSession::hash_objects(Format format, const Step& step) const {
  Sandbox box = sandbox(format, "");
  box.binds.push_back({room("objects"), kObjectsPlace, true});
  box.file_bytes_max = kObjectsBytesMax;
  box.watched_directory = room("objects");
  box.watched_bytes_max = kObjectsBytesMax;
  return run(box, About::nothing, step);
}

Outcome<Ended> GitSession::verify(const std::string& shallow, const Step& step) const {
  Sandbox box = sandbox(format_of(shallow), shallow);
  box.binds.push_back({room("objects"), kObjectsPlace});
  box.binds.push_back({room("verify"), kWorkPlace, true});
  if (settings_.verifier == Verifier::ssh) box.files.push_back({kSignersPlace, settings_.keys});
  if (settings_.verifier == Verifier::gpg) {
    const std::string home = room("verify") + "/gnupg";
    if (::access(home.c_str(), F_OK) != 0) {
      if (auto made = as(Problem::local, make_owned_directory(home, settings_.ids)); !made) {
        return std::unexpected(made.error());
      }
      const std::string config = home + "/gpg.conf";
      auto written = as(Problem::local, make_owned_file(config, gpg_config(), settings_.ids));
      if (!written) return std::unexpected(written.error());
    }
    box.files.push_back({kKeyringPlace, settings_.keys});
  }
  return run(box, About::nothing, step);
}

}  // namespace berth::source
