// The sandboxes of one sync: which step sees what. Every step is one command, in a sandbox made for
// it alone.
//
// | room      | written by           | seen by                              |
// |-----------|----------------------|--------------------------------------|
// | fetch     | fetching, network    | looking at what was fetched          |
// | history   | fetching, network    | counting commits                     |
// | scratch   | looking              | looking                              |
// | objects   | hashing (index-pack) | verifying and reading, read-only     |
// | verify    | verifying            | verifying (temporary files, gnupg)   |
//
// Steps that verify never see a repository that a step with a network wrote: they get its objects
// as a pack, hash them anew, and have a repository and a configuration of ours.
#pragma once

#include <string>

#include "supervisor/base/clock.h"
#include "supervisor/source/failure.h"
#include "supervisor/source/git_commands.h"
#include "supervisor/source/repository.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {

struct SessionSettings {
  Repository repository;
  Ref ref;
  std::string directory;  // of the tree
  Verifier verifier = Verifier::none;
  std::string keys;  // the content of the allowed signers or key ring
  // Of the host's side of the connection; empty: none.
  std::string ssh_key, known_hosts, credentials;
  Ids ids;
  std::string work;  // a directory with the rooms and "root" in it
  Instant deadline;
  std::uint64_t bytes_max = 0;  // that a fetch may write
};

struct Step {
  words::Words words;
  std::string input;
  std::size_t output_max = 1 << 20;
};

class GitSession {
 public:
  explicit GitSession(SessionSettings settings) : settings_(std::move(settings)) {}
  [[nodiscard]] const SessionSettings& settings() const { return settings_; }
  [[nodiscard]] std::string room(const std::string& name) const;

  // Before anything is known of the repository: `git ls-remote`.
  Outcome<Ended> ask_remote(const Step& step) const;
  // A bare repository in the room that fetches from the source.
  Outcome<> prepare_room(const std::string& name, Format format, const std::string& filter) const;
  Outcome<Ended> fetch(const std::string& room, const Step& step) const;
  // The fetched repository with its own configuration; its answers decide nothing.
  Outcome<Ended> ask_fetched(const std::string& room, const Step& step) const;
  // The fetched objects with a configuration of ours.
  Outcome<Ended> look(Format format, const Step& step) const;
  // Into the empty room "objects".
  Outcome<Ended> hash_objects(Format format, const Step& step) const;
  // The hashed objects; `shallow`: the commit, whose parents are not there.
  Outcome<Ended> verify(const std::string& shallow, const Step& step) const;

 private:
  [[nodiscard]] Sandbox sandbox(Format format, const std::string& shallow) const;
  void open_connection(Sandbox& sandbox) const;
  Outcome<Ended> run(const Sandbox& sandbox, About about, const Step& step) const;

  SessionSettings settings_;
};

// The names of the rooms, with "root".
std::vector<std::string> room_names();

}  // namespace berth::source
