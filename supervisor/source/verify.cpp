#include "supervisor/source/verify.h"

namespace berth::source {
namespace {

constexpr std::size_t kContentsBytesMax = kSetBytesMax + kFilesMax * 128;

Outcome<std::string> output_of(Outcome<Ended> ended, const std::string& doing) {
  if (!ended) return std::unexpected(std::move(ended).error());
  if (!ended->well()) return std::unexpected(explain_failure(*ended, doing));
  return std::move(ended->output);
}

// Every object gets the name that its content has, whatever it was called before.
Outcome<> hash_objects(const GitSession& session, const Fetched& fetched) {
  const Step step{words::index_pack(), fetched.pack};
  const auto hashed = session.hash_objects(format_of(fetched.commit), step);
  if (!hashed) return std::unexpected(hashed.error());
  if (hashed->well()) return {};
  Failure failure = explain_failure(*hashed, "hash what was fetched");
  if (failure.problem == Problem::local) failure.problem = Problem::corrupt;
  return std::unexpected(std::move(failure));
}

Outcome<CommitFacts> check_signature(const GitSession& session, const std::string& commit) {
  const Verifier verifier = session.settings().verifier;
  if (verifier == Verifier::gpg) {
    const auto imported = session.verify(commit, {words::import_keys(), ""});
    if (!imported) return std::unexpected(imported.error());
    if (!imported->well()) {
      return failed(Problem::settings, explain_failure(*imported, "read the key ring").what);
    }
  }
  const bool wanted = verifier != Verifier::none;
  const std::string described = TRY(output_of(
      session.verify(commit, {words::describe(commit, wanted), ""}), "read the commit " + commit));
  const Facts facts = TRY(as(Problem::corrupt, parse_facts(described)));
  if (!wanted) return facts.commit;
  const auto verified = session.verify(commit, {words::verify(commit), ""});
  if (!verified) return std::unexpected(verified.error());
  TRY(judge_signature(*verified, facts));
  return facts.commit;
}

}  // namespace

Outcome<Verified> verify(const GitSession& session, const Fetched& fetched) {
  const std::string& commit = fetched.commit;
  const std::string& directory = session.settings().directory;
  TRY(hash_objects(session, fetched));
  Verified verified;
  verified.facts = TRY(check_signature(session, commit));
  const Step list{words::list_tree(commit, directory, false), "", kListingBytesMax};
  const std::string listing = TRY(output_of(session.verify(commit, list), "list the tree"));
  const auto listed = TRY(as(Problem::tree, parse_listing(listing)));
  verified.files = TRY(as(Problem::tree, choose_files(listed, directory)));
  Step read{words::contents(), "", kContentsBytesMax};
  for (const WantedFile& file : verified.files) read.input += file.id + "\n";
  const std::string stream = TRY(output_of(session.verify(commit, read), "read the files"));
  verified.contents = TRY(as(Problem::tree, parse_contents(stream, verified.files)));
  return verified;
}

}  // namespace berth::source
