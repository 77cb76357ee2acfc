// berth history: the generations of definitions that are kept.
#include <algorithm>
#include <ranges>

#include "supervisor/cli/command.h"
#include "supervisor/cli/generations.h"
#include "supervisor/cli/table.h"
#include "supervisor/cli/words.h"
#include "supervisor/generation/archive.h"

namespace berth::cli {

namespace {

using generation::Manifest;
using generation::NameList;
using generation::Outcome;

constexpr std::size_t kNamesShown = 3;
constexpr std::size_t kCommitShown = 12;

// "+web, db" or "+12".
void add_names(std::string& text, char mark, const NameList& list) {
  if (list.count == 0) return;
  if (!text.empty()) text += ' ';
  text += mark;
  if (list.count <= kNamesShown && list.names.size() == list.count) {
    text += joined(list.names, std::string(",") + mark);
  } else {
    text += std::to_string(list.count);
  }
}

std::string changes_of(const Manifest& page) {
  std::string text;
  add_names(text, '+', page.added);
  add_names(text, '~', page.changed);
  add_names(text, '-', page.removed);
  if (page.networks.count > 0) {
    text += (text.empty() ? "networks: " : ", networks: ") + joined(page.networks.names, ",");
  }
  return text.empty() ? "-" : text;
}

Colour colour_of(Outcome outcome) {
  if (outcome == Outcome::undone) return Colour::red;
  return outcome == Outcome::probation ? Colour::yellow : Colour::plain;
}

std::string state_of(const Manifest& page, bool in_force) {
  std::string state = page.outcome == Outcome::taken ? "" : std::string(name_of(page.outcome));
  if (in_force && !page.pin.empty()) state += state.empty() ? "pinned" : ", pinned";
  return state.empty() ? "-" : state;
}

Row row_of(const Manifest& page, bool in_force) {
  Row row;
  row.cells = {{(in_force ? "* " : "  ") + std::to_string(page.number),
                in_force ? Colour::bold : Colour::plain},
               {page.time.substr(0, 19) + "Z"},
               {page.commit.empty() ? "-" : page.commit.substr(0, kCommitShown)},
               {changes_of(page)},
               {state_of(page, in_force), colour_of(page.outcome)},
               {page.reason}};
  if (page.kept.count > 0) {
    row.below = "bad files; as they were before: " + joined(page.kept.names, ", ");
  }
  return row;
}

class History : public Command {
 public:
  void declare(Options& options) override {
    options.option("-n,--lines", count_, "only the last N");
    options.output(json_);
    options.footer(
        "The newest is first, and in force: *. CHANGES tells containers that were added (+),\n"
        "changed (~) and removed (-). Needs no running berthd, but root.");
  }

  Result<int> run(const Context& context) override {
    const auto contents = TRY(read_generations(context.paths));
    std::vector<Manifest> pages;
    for (const auto& [number, page] : std::views::reverse(contents.generations)) {
      if (count_ && pages.size() >= static_cast<std::size_t>(*count_)) break;
      pages.push_back(page);
    }
    if (json_) {
      print(generation::history_document(pages));
      return kDone;
    }
    std::vector<Row> rows;
    for (const Manifest& page : pages) rows.push_back(row_of(page, rows.empty()));
    print(render({"  GENERATION", "TIME", "COMMIT", "CHANGES", "STATE", "REASON"}, rows,
                 context.out));
    return kDone;
  }

 private:
  std::optional<std::int64_t> count_;
  bool json_ = false;
};

}  // namespace

Result<generation::Archive::Contents> read_generations(const Paths& paths) {
  auto contents = TRY(generation::Archive(generation::directory_of(paths)).read());
  for (const std::string& trouble : contents.troubles)
    complain("berth: " + escaped(trouble) + "\n");
  return contents;
}

CommandPtr make_history() { return std::make_unique<History>(); }

}  // namespace berth::cli
