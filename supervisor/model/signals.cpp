// Signals by name and number, as Linux numbers them on the architectures that berth supports.
#include <array>
#include <charconv>
#include <csignal>

#include "supervisor/model/keys.h"

namespace berth {

namespace {

struct SignalName {
  std::string_view name;
  int number;
};
constexpr std::array kSignals{
    SignalName{"HUP", SIGHUP},       SignalName{"INT", SIGINT},   SignalName{"QUIT", SIGQUIT},
    SignalName{"ILL", SIGILL},       SignalName{"TRAP", SIGTRAP}, SignalName{"ABRT", SIGABRT},
    SignalName{"BUS", SIGBUS},       SignalName{"FPE", SIGFPE},   SignalName{"KILL", SIGKILL},
    SignalName{"USR1", SIGUSR1},     SignalName{"SEGV", SIGSEGV}, SignalName{"USR2", SIGUSR2},
    SignalName{"PIPE", SIGPIPE},     SignalName{"ALRM", SIGALRM}, SignalName{"TERM", SIGTERM},
    SignalName{"CHLD", SIGCHLD},     SignalName{"CONT", SIGCONT}, SignalName{"STOP", SIGSTOP},
    SignalName{"TSTP", SIGTSTP},     SignalName{"TTIN", SIGTTIN}, SignalName{"TTOU", SIGTTOU},
    SignalName{"URG", SIGURG},       SignalName{"XCPU", SIGXCPU}, SignalName{"XFSZ", SIGXFSZ},
    SignalName{"VTALRM", SIGVTALRM}, SignalName{"PROF", SIGPROF}, SignalName{"WINCH", SIGWINCH},
    SignalName{"IO", SIGIO},         SignalName{"PWR", SIGPWR},   SignalName{"SYS", SIGSYS},
#ifdef SIGSTKFLT
    SignalName{"STKFLT", SIGSTKFLT},
#endif
};

// What glibc calls SIGRTMIN: the kernel's first two real-time signals are its own.
constexpr int kRealTimeFirst = 34;
constexpr int kRealTimeLast = 64;

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_real_time(int number) { return number >= kRealTimeFirst && number <= kRealTimeLast; }

bool is_signal(int number) { return (number >= 1 && number <= 31) || is_real_time(number); }

}  // namespace

std::optional<Signal> parse_signal(std::string_view text) {
  if (const auto number = whole_number(text)) {
    return is_signal(*number) ? std::optional(Signal{*number}) : std::nullopt;
  }
  if (text.starts_with("SIG")) text.remove_prefix(3);
  for (const SignalName& signal : kSignals) {
    if (signal.name == text) return Signal{signal.number};
  }
  if (text == "RTMIN") return Signal{kRealTimeFirst};
  if (text == "RTMAX") return Signal{kRealTimeLast};
  const bool from_first = text.starts_with("RTMIN+");
  if (!from_first && !text.starts_with("RTMAX-")) return std::nullopt;
  const auto offset = whole_number(text.substr(6));
  if (!offset || *offset < 0 || *offset > kRealTimeLast) return std::nullopt;
  const int number = from_first ? kRealTimeFirst + *offset : kRealTimeLast - *offset;
  return is_real_time(number) ? std::optional(Signal{number}) : std::nullopt;
}

std::vector<std::string_view> signal_names() {
  std::vector<std::string_view> names;
  for (const SignalName& signal : kSignals) names.push_back(signal.name);
  return names;
}

std::string format_signal(Signal signal) {
  for (const SignalName& candidate : kSignals) {
    if (candidate.number == signal.number) return "SIG" + std::string(candidate.name);
  }
  if (!is_real_time(signal.number)) return std::to_string(signal.number);
  if (signal.number == kRealTimeFirst) return "SIGRTMIN";
  return "SIGRTMIN+" + std::to_string(signal.number - kRealTimeFirst);
}

}  // namespace berth
