# build PRESET [TARGET...]: configures and builds berth. Sourced by tests/run and examples/run,
# with the repository as working directory.

build() {
  preset=$1
  shift
  cmake --preset "$preset" >/dev/null
  if [ $# = 0 ]; then set -- all; fi
  cmake --build --preset "$preset" --parallel "$(nproc)" --target "$@"
}
