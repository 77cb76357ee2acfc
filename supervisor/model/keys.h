// The key tables: everything berth knows about a key of a definition, in one place.
//
// Parsing, validation, `berth explain`, the reference page, the JSON Schema and the cost of a
// change all read these tables. To add a key: add a field to a spec and a row here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "supervisor/model/spec.h"

namespace berth {

// What a change of a key costs a running container, in rising order.
enum class Cost {
  none,      // it only says how berth acts: nothing is done to the container
  live,      // applied to the running process
  reload,    // a signal tells the running process
  restart,   // stop, then start; sandbox and writable layer are kept
  recreate,  // stop, remove what `Part` says, start
};
std::string_view name_of(Cost cost);

// What a key's value lives in, and so what a change with Cost::recreate must make anew.
enum class Part { process, sandbox, root };

// A field of the spec, found by a captureless lambda; its C++ type is the key's type.
template <class Owner, class T>
using FieldOf = T& (*)(Owner&);

template <class Owner>
using AnyField = std::variant<
    FieldOf<Owner, bool>, FieldOf<Owner, std::int64_t>, FieldOf<Owner, std::optional<std::int64_t>>,
    FieldOf<Owner, double>, FieldOf<Owner, std::optional<double>>, FieldOf<Owner, std::string>,
    FieldOf<Owner, std::vector<std::string>>, FieldOf<Owner, std::map<std::string, std::string>>,
    FieldOf<Owner, Bytes>, FieldOf<Owner, std::optional<Bytes>>, FieldOf<Owner, Duration>,
    FieldOf<Owner, Signal>, FieldOf<Owner, std::optional<Signal>>,
    FieldOf<Owner, std::optional<std::vector<std::string>>>, FieldOf<Owner, ApplyMode>,
    FieldOf<Owner, RollbackMode>, FieldOf<Owner, VerifyMode>,
    FieldOf<Owner, std::vector<IoLimitSpec>>, FieldOf<Owner, std::vector<DeviceSpec>>,
    FieldOf<Owner, ContainerType>, FieldOf<Owner, MountType>, FieldOf<Owner, DependencyCondition>,
    FieldOf<Owner, RestartPolicy>, FieldOf<Owner, NetworkMode>, FieldOf<Owner, LogDriver>,
    FieldOf<Owner, HealthAction>, FieldOf<Owner, std::map<std::string, UlimitSpec>>,
    FieldOf<Owner, std::vector<Calendar>>, FieldOf<Owner, std::vector<TimeWindow>>,
    FieldOf<Owner, std::vector<PortSpec>>, FieldOf<Owner, std::vector<MountSpec>>,
    FieldOf<Owner, std::map<std::string, DependencySpec>>,
    FieldOf<Owner, std::vector<NetworkAttachment>>>;

// What a value must look like beyond its type. Checked while decoding, shown in the schema.
enum class Shape {
  any,
  absolute_path,  // begins with "/", no NUL, no ".." component
  not_empty,
  positive,  // > 0
  hostname,  // RFC 1123, at most 63 characters a label
  ipv4,
  ipv6,
  ipv4_subnet,  // "10.20.0.0/24", host bits zero
  ipv6_subnet,  // "fd00:20::/64", host bits zero
  cpuset,       // "0-1,3"
  capability,   // a capability's name, or "all"
  link_name,    // an interface's name: at most 15 characters
  cgroup_name,  // relative, no ".." or empty component
  environment_name,
  container_name,
  user,           // uid[:gid] within 32 bits, or names
  command,        // a list of words, or one string split like a shell would, without a shell
  hook,           // a command that may be empty; its program is an absolute path of the host
  path_list,      // absolute paths; one may stand without the list around it
  block_device,   // an absolute path below /dev
  seccomp,        // "default", "unconfined" or an absolute path
  relative_path,  // below a directory: no ".." or empty component
  // Of tables whose members are free: what their names look like.
  secret_name,  // a file's name; the values are absolute paths
  sysctl_name,  // dotted, of those that belong to a namespace
  label_name,   // no control characters, at most 255 bytes
  cgroup_file,  // a file's name of a cgroup: "memory.oom.group"
  table_name,   // of a packet filter: letters, digits and "_", beginning with a letter
};

template <class Owner>
struct Key {
  std::string_view name;  // as written, dotted from the file's top: "limits.memory"
  AnyField<Owner> field;
  Cost cost = Cost::restart;
  Part part = Part::process;
  Shape shape = Shape::any;
  std::optional<double> least;  // range of a number; of a size in bytes, a duration in seconds
  std::optional<double> most;
  std::string_view default_text;  // as it would be written; empty: unset
  std::string_view meaning;       // one line
  std::string_view example;       // a right value, as written in TOML: "\"512M\""
  std::string_view choices;       // the only words a string may be: "debug, info"; empty: any
};

std::span<const Key<ContainerSpec>> container_keys();
std::span<const Key<MountSpec>> mount_keys();               // of an item of mounts
std::span<const Key<DependencySpec>> dependency_keys();     // of an item of depends_on
std::span<const Key<NetworkAttachment>> attachment_keys();  // of an item of networks
std::span<const Key<IoLimitSpec>> io_limit_keys();          // of an item of limits.io
std::span<const Key<NetworkSpec>> network_keys();
std::span<const Key<HostSpec>> host_keys();

// Keys that are known but not supported by this version: refused by name, whether or not they
// have a row in a table above.
// First the key ("image"), then what to do instead ("use template = \"host\" or rootfs").
struct FutureKey {
  std::string_view name;
  std::string_view remedy;
};
std::span<const FutureKey> future_container_keys();
std::span<const FutureKey> future_network_keys();
std::span<const FutureKey> future_host_keys();

// The same for one value of a key that is supported otherwise: logging.driver "journald".
struct FutureValue {
  std::string_view key;  // without indexes: "mounts.type"
  std::string_view value;
  std::string_view remedy;
};
std::span<const FutureValue> future_values();

// A key whose value differs between two specs.
struct KeyChange {
  std::string key;
  std::string before;  // as written; "" when unset
  std::string after;
  Cost cost = Cost::none;
  Part part = Part::process;
  bool operator==(const KeyChange&) const = default;
};
// `after`, for a key whose file has another content than before; `before` is the file's path then.
inline constexpr std::string_view kContentChanged = "content changed";
// In the table's order. Compares every field bound in container_keys(), nothing else.
std::vector<KeyChange> changed_keys(const ContainerSpec& before, const ContainerSpec& after);
// True when changed_keys would be empty; makes no strings, for the loop's every turn.
bool same_definition(const ContainerSpec& left, const ContainerSpec& right);

// `running` with the values of `wanted` in the keys whose change a running process can take.
ContainerSpec with_live_keys(const ContainerSpec& running, const ContainerSpec& wanted);

// Signals by name: "SIGTERM", "TERM", "15", "RTMIN+3".
std::optional<Signal> parse_signal(std::string_view text);
std::string format_signal(Signal signal);  // "SIGTERM"
// Of all that have a name of their own, without "SIG": "HUP", "INT", ... (not the real-time ones).
std::vector<std::string_view> signal_names();

}  // namespace berth
