// What is wanted: the specs that definition files become. Values: they copy and compare.
//
// Every field is bound to a key by the tables of model/keys.h; its default here is the key's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/units.h"
#include "supervisor/model/diagnostic.h"

namespace berth {

enum class ContainerType { service, oneshot };
enum class MountType { bind, tmpfs };
enum class DependencyCondition { started, healthy, completed };
enum class RestartPolicy { no, on_failure, always, unless_stopped };
enum class NetworkMode { bridge, none, host };
enum class Protocol { tcp, udp };
enum class LogDriver { file, none };
enum class HealthAction { restart, none };

// A signal by number; written "SIGTERM" or "TERM" in definitions.
struct Signal {
  int number = 15;
  auto operator<=>(const Signal&) const = default;
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

// Exactly one of exec, tcp, http is set.
struct HealthSpec {
  std::vector<std::string> exec;  // run inside; exit 0 is healthy
  std::string tcp;                // "127.0.0.1:6379" or ":6379"
  std::string http;               // "http://127.0.0.1:8080/healthz": 200 to 399 is healthy
  Duration interval = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(3);
  std::int64_t retries = 3;             // failures in a row before unhealthy
  Duration start_period = Duration(0);  // failures within it do not count
  HealthAction on_failure = HealthAction::restart;
  [[nodiscard]] bool configured() const { return !exec.empty() || !tcp.empty() || !http.empty(); }
  bool operator==(const HealthSpec&) const = default;
};

// A soft and a hard limit; kUnlimited for RLIM_INFINITY.
struct UlimitSpec {
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  bool operator==(const UlimitSpec&) const = default;
};

struct LimitSpec {
  std::optional<Bytes> memory;       // memory.max, v1: memory.limit_in_bytes
  std::optional<Bytes> memory_high;  // memory.high, v1: memory.soft_limit_in_bytes (approximation)
  std::optional<double> cpus;        // cpu.max, v1: cpu.cfs_quota_us
  std::optional<std::int64_t> cpu_weight;     // 1 to 10000, cpu.weight, v1: cpu.shares
  std::string cpuset;                         // "0-1,3"; empty: all
  std::optional<std::int64_t> pids;           // pids.max
  std::map<std::string, UlimitSpec> ulimits;  // "nofile" -> …
  bool operator==(const LimitSpec&) const = default;
};

struct NetworkAttachment {
  std::string name;          // networks/NAME.toml, or "default"
  std::string ipv4_address;  // empty: leased
  std::vector<std::string> aliases;
  bool operator==(const NetworkAttachment&) const = default;
};

// A published port: [host address:]host:container[/proto].
struct PortSpec {
  std::string host_address = "127.0.0.1";
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  Protocol protocol = Protocol::tcp;
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
  std::string seccomp = "default";    // default | unconfined
  bool no_new_privs = true;
  bool operator==(const SecuritySpec&) const = default;
};

struct ContainerSpec {
  std::string name;
  std::string rootfs;         // an absolute path; exactly one of rootfs and root_template is set
  std::string root_template;  // "host"
  std::vector<std::string> command;
  ContainerType type = ContainerType::service;
  bool autostart = true;
  std::int64_t start_order = 0;
  std::vector<std::string> groups;
  std::string hostname;  // empty: the container's name
  std::string user;      // "", "1000", "1000:1000", "name", "name:group", looked up inside
  std::string working_dir = "/";
  std::map<std::string, std::string> environment;
  std::vector<MountSpec> mounts;
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

  // Where each key was written: "mounts[0].source" -> web.toml:14:3. Not part of the comparison
  // that a plan makes; see changed_keys.
  std::map<std::string, SourcePos> where;
};

struct NetworkSpec {
  std::string name;
  std::string bridge;  // the link's name; empty: "br-" and the network's name
  std::string subnet;  // "10.20.0.0/24"
  bool nat = true;
  std::string driver = "bridge";  // the only one so far
  std::map<std::string, SourcePos> where;
};

// berthd.toml: the settings of one instance of the daemon.
struct HostSpec {
  std::string cgroup = "berth";         // the parent of all containers' cgroups
  std::string bridge = "berth0";        // the default network's link
  std::string subnet = "10.88.0.0/16";  // the default network's addresses
  std::string nft_table = "berth";      // family inet
  std::string log_level = "info";       // debug | info | warning | error
  std::map<std::string, SourcePos> where;
};

// Where a key was written; the definition as a whole when it was not.
SourcePos where_of(const ContainerSpec& spec, const std::string& key);

}  // namespace berth
