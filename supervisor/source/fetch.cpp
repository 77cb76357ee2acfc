#include "supervisor/source/fetch.h"

#include <algorithm>
#include <set>

#include "supervisor/source/tree_stream.h"

namespace berth::source {
namespace {

constexpr int kHistoryDepth = 500;
constexpr std::size_t kRefsBytesMax = 1 << 20;
constexpr std::size_t kPackBytesMax = kSetBytesMax + (16 << 20);
constexpr const char* kFilesLater = "blob:none";
constexpr const char* kCommitsOnly = "tree:0";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// A step whose command has to end well.
Outcome<std::string> output_of(Outcome<Ended> ended, const std::string& doing) {
  if (!ended) return std::unexpected(std::move(ended).error());
  if (!ended->well()) return std::unexpected(explain_failure(*ended, doing));
  return std::move(ended->output);
}

std::string shown_ref(const Ref& ref) { return ref.kind == RefKind::head ? "HEAD" : ref.text; }

// The ids of what the checkout needs, and which of them have not arrived yet.
struct Needed {
  std::vector<std::string> ids;
  std::vector<std::string> missing;
};

std::string lines(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += id + "\n";
  return text;
}

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

Outcome<std::set<std::string>> list_objects(const GitSession& session, const std::string& commit) {
  const std::string& directory = session.settings().directory;
  const Step step{words::list_tree(commit, directory, true), "", kListingBytesMax};
  const std::string listing =
      TRY(output_of(session.look(format_of(commit), step), "list the tree of " + commit));
  const auto listed = TRY(as(Problem::tree, parse_listing(listing)));
  const std::string prefix = directory.empty() ? "" : directory + "/";
  const bool found = std::ranges::any_of(listed, [&](const ListedObject& object) {
    return is_below(object.path, prefix + "containers") ||
           is_below(object.path, prefix + "networks");
  });
  if (!found) {
    return failed(Problem::path, "there is no containers/ and no networks/ " +
                                     (directory.empty() ? std::string("at the top of the tree")
                                                        : "in \"" + directory + "\""));
  }
  std::set<std::string> ids;
  for (const ListedObject& object : listed) {
    if (object.type != "commit") ids.insert(object.id);
  }
  return ids;
}

Outcome<Needed> find_needed(const GitSession& session, const std::string& commit) {
  const std::set<std::string> ids = TRY(list_objects(session, commit));
  Step step{words::check_objects(), commit + "\n" + commit + "^{tree}\n", kListingBytesMax};
  for (const std::string& id : ids) step.input += id + "\n";
  const std::string answer =
      TRY(output_of(session.look(format_of(commit), step), "look at what was fetched"));
  const auto checks = TRY(as(Problem::corrupt, parse_checks(answer)));
  if (checks.size() != ids.size() + 2 || checks[0].type != "commit" || checks[1].type != "tree") {
    return failed(Problem::corrupt, "the commit " + commit + " has no tree");
  }
  Needed needed;
  for (const CheckedObject& check : checks) {
    needed.ids.push_back(check.id);
    if (check.type.empty()) needed.missing.push_back(check.id);
  }
  return needed;
}

}  // namespace

Outcome<RemoteRef> look_up(const GitSession& session) {
  const SessionSettings& settings = session.settings();
  if (settings.ref.kind == RefKind::commit) return RemoteRef{settings.ref.text, settings.ref.text};
  const Step step{words::list_remote(url_inside(settings.repository), settings.ref), "",
                  kRefsBytesMax};
  Outcome<Ended> asked = session.ask_remote(step);
  return choose_ref(TRY(output_of(std::move(asked), "ask the repository for its refs")),
                    settings.ref);
}

Outcome<Fetched> fetch(const GitSession& session, const RemoteRef& remote) {
  const Format format = format_of(remote.id);
  const std::string doing = "fetch " + shown_ref(session.settings().ref);
  TRY(session.prepare_room("fetch", format, kFilesLater));
  const Step all{words::fetch(remote.name, 1, kFilesLater), ""};
  TRY(output_of(session.fetch("fetch", all), doing));
  auto asked = session.ask_fetched("fetch", {words::fetched_commit(), ""});
  Fetched fetched;
  fetched.commit =
      first_line(TRY(output_of(std::move(asked), "find the commit of " + remote.name)));
  if (!is_object_id(fetched.commit) || format_of(fetched.commit) != format) {
    return failed(Problem::ref, "\"" + remote.name + "\" is not a commit");
  }
  Needed needed = TRY(find_needed(session, fetched.commit));
  if (!needed.missing.empty()) {
    const Step files{words::fetch_objects(), lines(needed.missing)};
    TRY(output_of(session.fetch("fetch", files), "fetch the files"));
  }
  const Step step{words::pack(), lines(needed.ids), kPackBytesMax};
  fetched.pack = TRY(output_of(session.look(format, step), "take the files of " + fetched.commit));
  return fetched;
}

std::string find_ancestry(const GitSession& session, const RemoteRef& remote,
                          const std::string& commit, const std::string& before) {
  const std::string unknown = "unknown";
  if (!session.prepare_room("history", format_of(commit), kCommitsOnly)) return unknown;
  const Step all{words::fetch(remote.name, kHistoryDepth, kCommitsOnly), ""};
  const auto fetched = session.fetch("history", all);
  if (!fetched || !fetched->well()) return unknown;
  const auto listed = session.ask_fetched("history", {words::history(commit, kHistoryDepth), ""});
  if (!listed || !listed->well()) return unknown;
  const std::string& text = listed->output;
  if (("\n" + text).find("\n" + before + "\n") != std::string::npos) return "descendant";
  // Fewer commits than were asked for: these are all that there are.
  return std::ranges::count(text, '\n') < kHistoryDepth ? "not-a-descendant" : unknown;
}

}  // namespace berth::source
