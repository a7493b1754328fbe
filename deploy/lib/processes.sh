# shellcheck shell=bash
# Long-running processes: each in a session of its own, as its user, with a pid file under $STACK_DIR/run and its output
# in $STACK_DIR/log. A pid file names the process by pid and start time, so a stale one is never taken for alive.

# The start time of a process in clock ticks since boot; empty if there is no such process.
process_start_time() {
  local stat
  local -a fields
  { stat="$(<"/proc/$1/stat")"; } 2>/dev/null || return 0
  read -ra fields <<<"${stat##*) }"  # from behind the name, which may contain spaces
  [[ "${fields[0]}" == Z ]] || printf '%s\n' "${fields[19]}"
}

# The pid of a part if it runs; nothing (and a non-zero code) otherwise.
process_pid() {
  local pid='' started=''
  { read -r pid started <"$STACK_DIR/run/$1.pid"; } 2>/dev/null || return 1
  [[ -n "$started" && "$(process_start_time "$pid")" == "$started" ]] || return 1
  printf '%s\n' "$pid"
}

process_alive() { process_pid "$1" >/dev/null; }

# The program file has been replaced (built anew) since the process began.
process_outdated() {
  [[ "$(readlink "/proc/$1/exe" 2>/dev/null)" == *' (deleted)' ]]
}

# process_start NAME USER COMMAND...: starts it, with the environment and the limits there are, and writes the pid file;
# does not wait until it is ready. The log is opened here, so that it can be written to but not replaced.
process_start() {
  local name="$1" user="$2" log="$STACK_DIR/log/$1.log" pid
  local -a as=()
  shift 2
  # One old log is kept: it is what one wants to read after a crash and a restart.
  if [[ -s "$log" && $(stat -c %s "$log") -gt ${LOG_ROTATE_BYTES:-20000000} ]]; then mv "$log" "$log.1"; fi
  if ((EUID == 0)); then as=(setpriv --reuid "$user" --regid "$user" --clear-groups -- env HOME=/); fi
  # In a script without job control a background child is no group leader, so setsid does not fork: $! is the process.
  setsid "${as[@]}" "$@" </dev/null >>"$log" 2>&1 7>&- 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(process_start_time "$pid")" >"$STACK_DIR/run/$name.pid"
}

# process_wait_gone PID SECONDS
process_wait_gone() {
  local tries=$(($2 * 20)) grace=40
  while [[ -n "$(process_start_time "$1")" ]]; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
  # Dead, but PostgreSQL takes a zombie in its lock file for alive: give init a moment to collect it.
  while [[ -d "/proc/$1" ]] && ((grace-- > 0)); do sleep 0.05; done
}

# process_stop NAME [SIGNAL] [SECONDS]: asks, waits, and kills what does not listen. Harmless if it is not running.
process_stop() {
  local name="$1" signal="${2:-TERM}" patience="${3:-30}" pid
  if pid="$(process_pid "$name")"; then
    kill -s "$signal" "$pid" 2>/dev/null || true
    if ! process_wait_gone "$pid" "$patience"; then
      ui_warn "$name did not stop within ${patience} s; killing it"
      process_kill "$name"
    fi
  fi
  rm -f "$STACK_DIR/run/$name.pid" "$STACK_DIR/run/$name.settings"
}

# process_kill NAME: kill -9, it and whatever it had started.
process_kill() {
  local pid child children=''
  if pid="$(process_pid "$1")"; then
    children="$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)"
    kill -s KILL "$pid" 2>/dev/null || true
    kill -s KILL -- "-$pid" 2>/dev/null || true
    # PostgreSQL's backends have left the process group; a new postmaster would wait for the last of them.
    for child in $children; do kill -s KILL "$child" 2>/dev/null || true; done
    for child in $pid $children; do process_wait_gone "$child" 10 || true; done
  fi
  rm -f "$STACK_DIR/run/$1.pid" "$STACK_DIR/run/$1.settings"
}
