# shellcheck shell=bash
# Builds with the CMake preset `release` into build/, showing how far it is.

BUILD_DIR="${ORDERSAGA_BUILD_DIR:-$ROOT_DIR/build}"

# As many jobs as there are cores, but no more than the memory holds: gRPC and Beast want up to 1.6 GB a compiler.
build_jobs() {
  local cores memory
  cores="$(nproc)"
  memory="$(awk '/^MemAvailable:/ { print int($2 / 1700000) }' /proc/meminfo)"
  ((memory >= 1)) || memory=1
  printf '%s\n' "${JOBS:-$((cores < memory ? cores : memory))}"
}

# Ninja's "[17/300] ..." lines as one moving line on a terminal, as a line at every tenth elsewhere.
build_progress() {
  local mode=lines
  [[ -t 1 ]] && mode=terminal
  ((QUIET)) && mode=none
  awk -v mode="$mode" '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/")
      if (mode == "terminal") { printf "\r\033[K    %d of %d", n[1], n[2]; fflush(); moving = 1 }
      tenth = int(n[1] * 10 / n[2])
      if (mode == "lines" && tenth > shown) { shown = tenth; printf "    %d of %d\n", n[1], n[2]; fflush() }
    }
    END { if (moving) printf "\n" }'
}

# build_preset PRESET FOLDER TARGET...: fails with the compiler's own words.
build_preset() {
  local preset="$1" folder="$2" log="$2/build.log" started=$SECONDS
  shift 2
  (umask 022 && mkdir -p "$folder")
  (
    # Two builds in one folder (deploy/up beside tests/run) take turns. When root builds, another user runs the programs.
    umask 022
    flock 8
    if ! cmake -S "$ROOT_DIR" --preset "$preset" >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      die "CMake could not configure the build." "All of it: $log"
    fi
    if ! nice -n 5 cmake --build "$folder" -j "$(build_jobs)" --target "$@" 2>&1 | tee -a "$log" | build_progress; then
      grep -E -A 12 'FAILED|error:' "$log" | head -n 60 >&2 || true
      die "The build failed." "All of it: $log"
    fi
  ) 8>"$folder/.lock" || return 1
  ui_ok "built in $((SECONDS - started)) s"
}

build() { build_preset release "$BUILD_DIR" "$@"; }
