// berth events: follows what happens.
#include "supervisor/cli/command.h"
#include "supervisor/cli/words.h"
#include "supervisor/control/client.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

std::string words_of(const control::EventRecord& event, const Terminal& terminal) {
  if (event.kind == "phase") {
    std::string text = event.was.empty() ? "" : event.was + " -> ";
    text += terminal.paint(colour_of_phase(event.phase), event.phase);
    if (!event.error.empty()) text += ": " + escaped(event.error);
    return text;
  }
  if (event.kind == "health") {
    std::string text = terminal.paint(colour_of_health(event.health), event.health);
    if (!event.message.empty()) text += ": " + escaped(event.message);
    return text;
  }
  if (event.kind == "error") {
    return event.error.empty() ? "no error any more" : "error: " + escaped(event.error);
  }
  if (event.kind == "exited") return "exited: " + escaped(event.message);
  if (event.kind == "removed") return "removed";
  if (event.kind == "generation") {
    const std::string text = "generation " + std::to_string(event.generation) + " accepted";
    return event.message.empty() ? text : text + ": " + escaped(event.message);
  }
  if (event.kind == "held-back") return "generation held back: " + escaped(event.message);
  return escaped(event.message.empty() ? event.kind : event.message);
}

class Events : public Command {
 public:
  void declare(Options& options) override {
    options.output(json_);
    options.footer(
        "Follows until it is interrupted. With -o json: one object a line, with time,\n"
        "kind (phase, health, error, exited, removed, generation, held-back, ...), container, and\n"
        "what belongs to the kind.");
  }

  Result<int> run(const Context& context) override {
    auto client = TRY(control::Client::connect(context.paths));
    TRY(client.subscribe());
    while (true) {
      const auto document = TRY(client.next_event(std::nullopt));
      if (!document) continue;
      if (json_) {
        print(*document + "\n");
        continue;
      }
      const auto event = TRY(control::parse_event(*document));
      std::string line = context.out.paint(Colour::dim, escaped(event.time.substr(0, 23)) + "Z");
      if (!event.container.empty()) {
        line += " " + context.out.paint(Colour::bold, escaped(event.container));
      }
      print(line + " " + words_of(event, context.out) + "\n");
    }
  }

 private:
  bool json_ = false;
};

}  // namespace

CommandPtr make_events() { return std::make_unique<Events>(); }

}  // namespace berth::cli
