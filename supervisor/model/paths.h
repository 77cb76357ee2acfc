// Where things live below one root directory ("/" unless --root or BERTH_ROOT says otherwise).
#pragma once

#include <string>
#include <string_view>

namespace berth {

struct Paths {
  std::string root;  // "" for "/", else absolute without a trailing slash

  static Paths below(std::string_view root);

  [[nodiscard]] std::string host_file() const { return root + "/etc/berth/berthd.toml"; }
  [[nodiscard]] std::string containers() const { return root + "/etc/berth/containers"; }
  [[nodiscard]] std::string networks() const { return root + "/etc/berth/networks"; }

  [[nodiscard]] std::string run() const { return root + "/run/berth"; }  // 0700
  [[nodiscard]] std::string socket() const { return run() + "/berthd.sock"; }
  [[nodiscard]] std::string lock() const { return run() + "/lock"; }
  // What the keeper knows of launches, kept for the next one.
  [[nodiscard]] std::string launch_table() const { return run() + "/keeper.table"; }
  // What the worker observes, kept for the next one.
  [[nodiscard]] std::string records() const { return run() + "/records"; }
  // hosts, hostname, resolv.conf, stdout and stderr (FIFOs) of one container. Not below
  // run()/containers: definitions may stand there.
  [[nodiscard]] std::string run_of(std::string_view container) const {
    return run() + "/running/" + std::string(container);
  }

  [[nodiscard]] std::string state() const { return root + "/var/lib/berth"; }  // 0700
  [[nodiscard]] std::string leases() const { return state() + "/leases"; }
  [[nodiscard]] std::string templates() const { return state() + "/templates"; }
  // upper, work, and for template "host" usr-upper, usr-work
  [[nodiscard]] std::string state_of(std::string_view container) const {
    return state() + "/containers/" + std::string(container);
  }
  // a file here means: the operator stopped this container
  [[nodiscard]] std::string stopped(std::string_view container) const {
    return state() + "/stopped/" + std::string(container);
  }

  [[nodiscard]] std::string log_dir(std::string_view container) const {
    return root + "/var/log/berth/" + std::string(container);
  }
  [[nodiscard]] std::string log_file(std::string_view container) const {
    return log_dir(container) + "/" + std::string(container) + ".log";
  }
};

}  // namespace berth
