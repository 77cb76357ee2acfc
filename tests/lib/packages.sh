# What building, testing and showing berth need from Debian 12, and install_packages, which
# installs what is not there yet. Sourced by tests/run and examples/run.

# For ./CMakeLists.txt; python3 runs the tests that it adds. (ccache is used when it is there, and
# not asked for.) The time zones are for unit tests.
build_packages="g++ python3 cmake ninja-build pkg-config libtomlplusplus-dev libyaml-cpp-dev
  libsystemd-dev libssl-dev libuv1-dev libspdlog-dev libfmt-dev libseccomp-dev nlohmann-json3-dev
  libcli11-dev doctest-dev tzdata"

# What berthd itself runs (nft), the programs of examples/shop, and what looks at them.
run_packages="nftables iproute2 util-linux procps redis-server redis-tools nginx curl"

# For the tidy test; inits to boot (busybox and systemd); systemd-analyze and validators of JSON
# Schema to compare with; npm, which some distributions of node bring along, fetches two more of the
# latter.
test_packages="clang-format-19 git gnupg openssh-client systemd busybox-static dbus
  python3-dbus python3-gi python3-jsonschema python3-ruamel.yaml"
command -v npm >/dev/null || test_packages="$test_packages npm"

missing_packages() {
  for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || printf '%s ' "$package"
  done
}

# Debian starts a service when its package is installed; nobody wants a redis or nginx of the
# machine's own from us. A policy-rc.d that is there already is left as it is. Ours holds only as
# long as this shell lives, so that one left behind by a killed run does nothing.
forbid_service_starts() {
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ] && ! grep -q 'made by berth' "$policy"; then return; fi
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\n# made by berth for the time of an installation; safe to remove\n' >"$policy"
  printf 'kill -0 %s 2>/dev/null && exit 101\nexit 0\n' "$$" >>"$policy"
  chmod 755 "$policy"
}

# install_packages PACKAGE...: nothing is asked, and nothing is fetched when all are there.
install_packages() {
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    printf 'berth: not root, so these packages cannot be installed: %s\n' "$missing" >&2
    return 1
  fi
  printf 'berth: installing %s\n' "$missing"
  # In a subshell, so that the trap that takes policy-rc.d away ends with it. No input: no package
  # may ask or swallow what the caller reads.
  (
    forbid_service_starts
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    # $missing is a list of words.
    # shellcheck disable=SC2086
    apt-get -q install --yes --no-install-recommends $missing
  ) </dev/null
}
