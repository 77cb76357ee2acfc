// berth logs: what a container wrote. Reads the files itself; berthd need not run.
#include <algorithm>
#include <array>
#include <filesystem>

#include <poll.h>
#include <sys/inotify.h>

#include "supervisor/base/nearest.h"
#include "supervisor/cli/command.h"
#include "supervisor/cli/log_files.h"
#include "supervisor/cli/log_line.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"
#include "supervisor/definition/load.h"
#include "supervisor/record/json_text.h"

namespace berth::cli {

namespace {

// Prints the lines of one stream or both. A partial line is joined with what follows it.
class Printer {
 public:
  Printer(std::string stream, bool timestamps, bool json, bool out_escaped, bool err_escaped)
      : stream_(std::move(stream)),
        timestamps_(timestamps),
        json_(json),
        out_escaped_(out_escaped),
        err_escaped_(err_escaped) {}

  [[nodiscard]] bool wants(std::string_view line) const {
    const auto parsed = parse_log_line(line);
    return parsed && !parsed->partial && (stream_.empty() || parsed->stream == stream_);
  }

  void show(std::string_view line) {
    const auto parsed = parse_log_line(line);
    if (!parsed || (!stream_.empty() && parsed->stream != stream_)) return;
    if (json_) {
      print("{\"time\":" + record::quoted(parsed->time) +
            ",\"stream\":" + record::quoted(parsed->stream) +
            ",\"partial\":" + (parsed->partial ? "true" : "false") +
            ",\"text\":" + record::quoted(parsed->text) + "}\n");
      return;
    }
    const bool is_err = parsed->stream == "stderr";
    bool& open = is_err ? err_open_ : out_open_;
    std::string text;
    if (timestamps_ && !open) text += std::string(parsed->time) + " ";
    const bool escape = is_err ? err_escaped_ : out_escaped_;
    text += escape ? escaped(parsed->text, true) : std::string(parsed->text);
    if (!parsed->partial) text += '\n';
    open = parsed->partial;
    is_err ? complain(text) : print(text);
  }

 private:
  std::string stream_;
  bool timestamps_;
  bool json_;
  bool out_escaped_;
  bool err_escaped_;
  bool out_open_ = false;  // a partial line was shown last
  bool err_open_ = false;
};

class Logs : public Command {
 public:
  void declare(Options& options) override {
    options.argument("NAME", name_, true, "a container");
    options.flag("-f,--follow", follow_, "go on with what it writes, until interrupted");
    options.option("-n,--lines", lines_, "the last N lines only");
    options.choice("--stream", stream_, {"stdout", "stderr"}, "one of the two streams only");
    options.flag("-t,--timestamps", timestamps_, "with the time of each line");
    options.output(json_);
    options.footer(
        "What it wrote to stdout goes to stdout, its stderr to stderr. On a terminal,\n"
        "control characters are shown as \\x1b. With -o json: one object a line, with\n"
        "time, stream, partial, text.");
  }

  Result<int> run(const Context& context) override {
    directory_ = context.paths.log_dir(name_);
    if (plausible(name_) && in_journal(context)) return point_to_journal();
    if (!plausible(name_) || !TRY(is_there(directory_))) return unknown(context);
    // Watched before the first look, so that nothing falls between.
    unique_fd changes;
    if (follow_) changes = TRY(watch());
    Printer printer(stream_, timestamps_, json_, context.out.is_terminal,
                    terminal_of(STDERR_FILENO).is_terminal);
    TRY(show_present(printer));
    while (follow_) {
      TRY(wait_for(changes.get()));
      TRY(show_new(printer));
    }
    return kDone;
  }

 private:
  // A name with a slash would lead out of the log directory.
  static bool plausible(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
  }

  // As its definition says; of a bad one nothing is known, and there may be files.
  [[nodiscard]] bool in_journal(const Context& context) const {
    const auto set = definition::load(definition::snapshot(context.paths, false));
    const auto spec = spec_of(set, name_);
    return spec && spec->logging.driver == LogDriver::journald;
  }

  // The journal has ways of its own to be asked; we name the one that was asked for here.
  [[nodiscard]] Result<int> point_to_journal() const {
    std::string command = "journalctl CONTAINER_NAME=" + name_;
    if (follow_) command += " -f";
    if (lines_) command += " -n " + std::to_string(*lines_);
    if (!stream_.empty()) command += stream_ == "stderr" ? " PRIORITY=3" : " PRIORITY=6";
    if (json_) command += " -o json";
    std::string older;
    if (TRY(is_there(directory_)))
      older = " (what it wrote to files before is in " + directory_ + ")";
    return fail("the output of \"" + name_ + "\" is in the journal: " + command + older);
  }

  static Result<bool> is_there(const std::string& directory) {
    std::error_code failure;
    const auto status = std::filesystem::status(directory, failure);
    if (status.type() == std::filesystem::file_type::not_found) return false;
    if (failure) return fail_errno("cannot read " + directory, failure.value());
    return std::filesystem::is_directory(status);
  }

  // Why there is nothing: it logs nothing, never started, or is not known. berthd knows what kept
  // it from starting; without berthd the files tell what is wrong with them.
  static std::string reason(const Context& context, const std::string& name) {
    const auto set = definition::load(definition::snapshot(context.paths, false));
    const auto spec = spec_of(set, name);
    if (spec && spec->logging.driver == LogDriver::none) {
      return ": its definition says logging.driver = \"none\"";
    }
    if (const auto status = status_of(context, name)) return never_started(*status);
    if (!spec && !set.bad.contains(name)) return "";
    for (const Diagnostic& problem : set.problems) {
      if (problem.severity != Severity::error || problem.container != name) continue;
      return ": it was never started: " + format(problem);
    }
    return ": it was never started";
  }

  // Also of a definition that is right by itself and does not fit the others.
  static std::shared_ptr<const ContainerSpec> spec_of(const definition::LoadedSet& set,
                                                      const std::string& name) {
    for (const auto* specs : {&set.containers, &set.unfit}) {
      if (const auto found = specs->find(name); found != specs->end()) return found->second;
    }
    return nullptr;
  }

  static std::optional<control::ContainerStatus> status_of(const Context& context,
                                                           const std::string& name) {
    auto client = control::Client::connect(context.paths);
    if (!client) return std::nullopt;
    const auto document = client->status(name);
    if (!document) return std::nullopt;
    auto status = control::parse_status(*document);
    if (!status) return std::nullopt;
    return *std::move(status);
  }

  [[nodiscard]] Result<int> unknown(const Context& context) const {
    std::vector<std::string> known;
    std::error_code ignored;
    const auto parent = std::filesystem::path(context.paths.log_dir("x")).parent_path();
    for (std::filesystem::directory_iterator it(parent, ignored), end; !ignored && it != end;
         it.increment(ignored)) {
      known.push_back(it->path().filename().string());
    }
    if (const std::string why = reason(context, name_); !why.empty()) {
      return fail("there are no logs of \"" + name_ + "\"" + why);
    }
    const std::string_view near = nearest(name_, known);
    return fail("there are no logs of \"" + name_ + "\" in " + parent.string() +
                (near.empty() ? "" : " (did you mean \"" + std::string(near) + "\"?)"));
  }

  // The last lines may begin in an older file; all after it is shown whole.
  Result<void> show_present(Printer& printer) {
    std::vector<LogFile> files = TRY(open_log_files(directory_, name_));
    std::size_t first = 0;
    std::uint64_t offset = 0;
    if (lines_) {
      auto missing = static_cast<std::uint64_t>(*lines_);
      first = files.size();
      while (first > 0 && (missing > 0 || first == files.size())) {
        const Tail tail =
            TRY(find_tail(files[--first].fd.get(), missing,
                          [&](std::string_view line) { return printer.wants(line); }));
        offset = tail.offset;
        missing -= tail.lines;
      }
    }
    for (std::size_t i = first; i < files.size(); ++i) {
      open(std::move(files[i]), i == first ? offset : 0);
      TRY(reader_->read([&](std::string_view line) { printer.show(line); }));
    }
    return {};
  }

  // To the end of the file that is open, then of those that came after it.
  Result<void> show_new(Printer& printer) {
    const auto show = [&](std::string_view line) { printer.show(line); };
    std::vector<LogFile> files = TRY(open_log_files(directory_, name_));
    // Read after the listing: a file that was rotated away by then is written no more.
    if (reader_) TRY(reader_->read(show));
    const auto present = std::ranges::find(files, file_.inode, &LogFile::inode);
    // Ours may have been removed as the oldest: then all that are there are newer.
    std::size_t next =
        present == files.end() ? 0 : static_cast<std::size_t>(present - files.begin()) + 1;
    for (; next < files.size(); ++next) {
      open(std::move(files[next]), 0);
      TRY(reader_->read(show));
    }
    return {};
  }

  void open(LogFile file, std::uint64_t offset) {
    file_ = std::move(file);
    reader_.emplace(file_.fd.get(), offset);
  }

  [[nodiscard]] Result<unique_fd> watch() const {
    unique_fd changes(::inotify_init1(IN_CLOEXEC));
    constexpr std::uint32_t kChanges = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF;
    if (!changes || ::inotify_add_watch(changes.get(), directory_.c_str(), kChanges) < 0) {
      return fail_errno("cannot watch " + directory_);
    }
    return changes;
  }

  [[nodiscard]] Result<void> wait_for(int changes) const {
    std::array<char, 16384> ignored;
    const ssize_t count = ::read(changes, ignored.data(), ignored.size());
    if (count < 0 && errno != EINTR) return fail_errno("cannot watch " + directory_);
    if (!TRY(is_there(directory_))) return fail(directory_ + " was removed");
    return {};
  }

  std::string name_;
  std::string stream_;
  std::optional<std::int64_t> lines_;
  bool follow_ = false;
  bool timestamps_ = false;
  bool json_ = false;

  std::string directory_;
  LogFile file_;  // the one that is read
  std::optional<LineReader> reader_;
};

}  // namespace

CommandPtr make_logs() { return std::make_unique<Logs>(); }

}  // namespace berth::cli
