// What is wanted: the specs that definition files become. Values: they copy and compare.
//
// Every field is bound to a key by the tables of model/keys.h; its default here is the key's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/calendar.h"
#include "supervisor/base/clock.h"
#include "supervisor/base/time_window.h"
#include "supervisor/base/units.h"
#include "supervisor/model/diagnostic.h"

namespace berth {

enum class ContainerType { service, oneshot, system };
enum class MountType { bind, tmpfs };
enum class DependencyCondition { started, healthy, completed };
enum class RestartPolicy { no, on_failure, always, unless_stopped };
enum class NetworkMode { bridge, none, host };
enum class Protocol { tcp, udp };
enum class LogDriver { file, journald, none };
enum class HealthAction { restart, none };
enum class ApplyMode { each, set };  // what one bad file holds back: its container, or all
enum class RollbackMode {
  none,
  automatic
};  // what happens to a generation that does not get ready
enum class VerifyMode { ssh_signatures, gpg, none };

// A signal by number; written "SIGTERM" or "TERM" in definitions.
struct Signal {
  int number = 15;
  auto operator<=>(const Signal&) const = default;
};

// A file that a definition was read from, with its text: shared, immutable.
struct SourceText {
  std::string path;  // as shown in diagnostics
  std::shared_ptr<const std::string> content;
};

struct MountSpec {
  MountType type = MountType::bind;
  std::string source;  // an absolute path on the host; empty for tmpfs
  std::string target;  // an absolute path in the container
  bool read_only = false;
  std::optional<Bytes> size;  // tmpfs only
  bool operator==(const MountSpec&) const = default;
};

struct DependencySpec {
  DependencyCondition condition = DependencyCondition::started;
  bool restart = false;  // this container restarts when the other one does
  bool operator==(const DependencySpec&) const = default;
};

struct RestartSpec {
  RestartPolicy policy = RestartPolicy::on_failure;
  Duration delay = std::chrono::milliseconds(100);
  double factor = 2.0;
  Duration max_delay = std::chrono::minutes(1);
  std::int64_t burst = 5;  // more starts than this within interval: failed
  Duration interval = std::chrono::minutes(10);
  Duration reset_after = std::chrono::minutes(10);
  bool operator==(const RestartSpec&) const = default;
};

// Exactly one of exec, tcp, http, notify is set.
struct HealthSpec {
  std::vector<std::string> exec;  // run inside; exit 0 is healthy
  std::string tcp;                // "127.0.0.1:6379" or ":6379"
  std::string http;               // "http://127.0.0.1:8080/healthz": 200 to 399 is healthy
  bool notify = false;            // the program says READY=1 itself: sd_notify(3)
  Duration interval = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(3);
  std::int64_t retries = 3;             // failures in a row before unhealthy
  Duration start_period = Duration(0);  // failures within it do not count
  HealthAction on_failure = HealthAction::restart;
  [[nodiscard]] bool configured() const {
    return !exec.empty() || !tcp.empty() || !http.empty() || notify;
  }
  bool operator==(const HealthSpec&) const = default;
};

// A soft and a hard limit; kUnlimited for RLIM_INFINITY.
struct UlimitSpec {
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  bool operator==(const UlimitSpec&) const = default;
};

// A limit of one block device's traffic; at least one of the four is set.
struct IoLimitSpec {
  std::string device;                      // "/dev/vda": a block device of the host
  std::optional<Bytes> read_bps;           // bytes per second; io.max, v1: blkio.throttle.*
  std::optional<Bytes> write_bps;          //
  std::optional<std::int64_t> read_iops;   // operations per second
  std::optional<std::int64_t> write_iops;  //
  bool operator==(const IoLimitSpec&) const = default;
};

// A device of the host in the container: source[:target[:permissions]].
struct DeviceSpec {
  std::string source;               // "/dev/fuse"
  std::string target;               // below /dev; the source's path when it was left out
  std::string permissions = "rwm";  // of r, w and m (mknod)
  bool operator==(const DeviceSpec&) const = default;
};

struct LimitSpec {
  std::optional<Bytes> memory;       // memory.max, v1: memory.limit_in_bytes
  std::optional<Bytes> memory_high;  // memory.high, v1: memory.soft_limit_in_bytes (approximation)
  std::optional<Bytes> memory_swap;  // memory.swap.max: swap beside memory; "0": none
  std::optional<double> cpus;        // cpu.max, v1: cpu.cfs_quota_us
  std::optional<std::int64_t> cpu_weight;     // 1 to 10000, cpu.weight, v1: cpu.shares
  std::string cpuset;                         // "0-1,3"; empty: all
  std::optional<std::int64_t> pids;           // pids.max
  std::optional<std::int64_t> io_weight;      // 1 to 10000, io.weight, v1: blkio.bfq.weight
  std::vector<IoLimitSpec> io;                // io.max
  std::map<std::string, UlimitSpec> ulimits;  // "nofile" -> …
  std::map<std::string, std::string> cgroup;  // any other file of its cgroup -> what is written
  bool operator==(const LimitSpec&) const = default;
};

struct NetworkAttachment {
  std::string name;          // networks/NAME.toml, or "default"
  std::string ipv4_address;  // empty: leased
  std::string ipv6_address;  // empty: leased, if the network has a subnet6
  std::vector<std::string> aliases;
  bool operator==(const NetworkAttachment&) const = default;
};

// A published port: [host address:]host:container[/proto]. An IPv6 address of the host leads to the
// container's IPv6 address.
struct PortSpec {
  std::string host_address = "127.0.0.1";  // or IPv6: "::", without brackets
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  Protocol protocol = Protocol::tcp;
  [[nodiscard]] bool is_ipv6() const { return host_address.find(':') != host_address.npos; }
  bool operator==(const PortSpec&) const = default;
};

struct LoggingSpec {
  LogDriver driver = LogDriver::file;
  Bytes max_size{10u << 20};
  std::int64_t max_files = 5;
  bool operator==(const LoggingSpec&) const = default;
};

struct SecuritySpec {
  std::vector<std::string> cap_add;   // "net_admin", or "all"
  std::vector<std::string> cap_drop;  // "all" first, then cap_add
  std::string seccomp = "default";    // default | unconfined | a file in the OCI format
  bool no_new_privs = true;
  std::optional<std::vector<std::string>> masked_paths;  // unset: the default ones
  bool operator==(const SecuritySpec&) const = default;
};

// Programs of the host, run as root outside the container; empty: none.
struct HookSpec {
  std::vector<std::string> pre_start;  // before each launch, which fails when it does
  std::vector<std::string> post_stop;  // after each end, however it came about
  bool operator==(const HookSpec&) const = default;
};

struct UpdateSpec {
  std::vector<std::string> watch;  // files of the host whose content is part of the definition
  std::optional<Signal> reload;    // sent instead of a restart when only watched files changed
  std::vector<TimeWindow> window;  // restarts for a new definition wait for one; empty: at once
  bool operator==(const UpdateSpec&) const = default;
};

struct ContainerSpec {
  std::string name;
  std::string rootfs;         // an absolute path; exactly one of rootfs and root_template is set
  std::string root_template;  // "host"
  std::vector<std::string> entrypoint;  // in front of command
  std::vector<std::string> command;
  ContainerType type = ContainerType::service;
  bool autostart = true;
  std::vector<Calendar> schedule;  // of a oneshot: when it starts; empty: with the daemon
  std::int64_t start_order = 0;
  std::vector<std::string> groups;
  std::string hostname;  // empty: the container's name
  std::string user;      // "", "1000", "1000:1000", "name", "name:group", looked up inside
  std::string working_dir = "/";
  std::map<std::string, std::string> environment;
  std::vector<std::string> env_file;  // files of NAME=value lines; environment wins over them
  bool read_only = false;             // the root file system
  std::vector<MountSpec> mounts;
  std::map<std::string, std::string> secrets;  // name below /run/secrets -> file of the host
  std::vector<DeviceSpec> devices;
  std::map<std::string, std::string> sysctls;  // namespaced ones: "net.core.somaxconn" -> "1024"
  std::map<std::string, std::string> labels;
  HookSpec hooks;
  std::map<std::string, DependencySpec> depends_on;
  RestartSpec restart;
  HealthSpec healthcheck;
  LimitSpec limits;
  NetworkMode network = NetworkMode::bridge;
  std::vector<NetworkAttachment> networks;  // empty with mode bridge: the default network
  std::vector<PortSpec> ports;
  Signal stop_signal;
  Duration stop_timeout = std::chrono::seconds(20);
  LoggingSpec logging;
  SecuritySpec security;
  UpdateSpec update;

  // The files it was read from, lowest first: the definition, then its drop-ins.
  std::vector<SourceText> sources;
  // Where each key was written: "mounts[0].source" -> web.toml:14:3. Not part of the comparison
  // that a plan makes; see changed_keys.
  std::map<std::string, SourcePos> where;

  // It is meant to run until it is stopped: everything but a oneshot.
  [[nodiscard]] bool runs_on() const { return type != ContainerType::oneshot; }
  // Its first process is an init of its own.
  [[nodiscard]] bool boots() const { return type == ContainerType::system; }
};

struct NetworkSpec {
  std::string name;
  std::string bridge;   // the link's name; empty: "br-" and the network's name
  std::string subnet;   // "10.20.0.0/24"
  std::string subnet6;  // "fd00:20::/64"; empty: IPv4 only
  bool nat = true;
  bool dns = true;                // its containers find each other by name and alias
  std::string driver = "bridge";  // the only one so far
  std::vector<SourceText> sources;
  std::map<std::string, SourcePos> where;
};

// [source] of berthd.toml: the git repository that definitions are taken from.
struct SourceSpec {
  std::string repository;  // a URL; empty: none
  std::string ref;         // a branch, tag or commit; empty: the repository's HEAD
  std::string path;        // of the directory with containers/ and networks/; empty: the top
  Duration interval = std::chrono::minutes(1);
  VerifyMode verify = VerifyMode::none;
  std::string keys;  // the allowed signers or the key ring: an absolute path
  bool operator==(const SourceSpec&) const = default;
};

// berthd.toml: the settings of one instance of the daemon.
struct HostSpec {
  std::string cgroup = "berth";         // the parent of all containers' cgroups
  std::string bridge = "berth0";        // the default network's link
  std::string subnet = "10.88.0.0/16";  // the default network's addresses
  std::string subnet6;                  // its IPv6 addresses; empty: none
  std::string nft_table = "berth";      // family inet
  std::string log_level = "info";       // debug | info | warning | error
  ApplyMode apply = ApplyMode::each;
  RollbackMode rollback = RollbackMode::none;
  Duration rollback_after = std::chrono::minutes(2);
  std::int64_t keep_generations = 50;
  SourceSpec source;
  std::vector<SourceText> sources;
  std::map<std::string, SourcePos> where;
};

// Where a key was written; the definition as a whole when it was not.
SourcePos where_of(const ContainerSpec& spec, const std::string& key);

}  // namespace berth
