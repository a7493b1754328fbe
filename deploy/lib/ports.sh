# shellcheck shell=bash
# Which TCP ports are taken, by whom, and which are free. Reads /proc only, so it needs no tools.

# The socket inodes that listen on a port, one a line; empty if nobody does.
port_inodes() {
  awk -v want="$(printf '%04X' "$1")" \
    '$4 == "0A" { n = split($2, a, ":"); if (a[n] == want) print $10 }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

port_taken() { [[ -n "$(port_inodes "$1")" ]]; }

# The pid that listens on a port; empty if it belongs to another user and we may not look.
port_pid() {
  local inode fd
  for inode in $(port_inodes "$1"); do
    fd="$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null || true)"
    if [[ -n "$fd" ]]; then
      fd="${fd#/proc/}"
      printf '%s\n' "${fd%%/*}"
      return
    fi
  done
}

port_holder() {
  local pid
  pid="$(port_pid "$1")"
  if [[ -n "$pid" ]]; then
    printf 'pid %s (%s)\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-100)"
  else
    printf "a process of another user (to see which: sudo ss -ltnp 'sport = :%s')\n" "$1"
  fi
}

# free_ports N: N ports nobody uses, from below the range the kernel gives to outgoing connections. FREE_PORTS=1/3 takes
# them from the first third: whoever chooses at the same time from another third never chooses the same.
free_ports() {
  local count="$1" share="${FREE_PORTS:-1/1}" port first last
  read -r first _ </proc/sys/net/ipv4/ip_local_port_range
  last=$((first - 1))
  ((last > 20000)) || last=32000
  local room=$(((last - 10000) / ${share#*/}))
  first=$((10000 + room * (${share%/*} - 1)))
  local -A chosen=()
  local used
  used="$(awk 'NR > 1 { n = split($2, a, ":"); print a[n] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)"
  while ((${#chosen[@]} < count)); do
    port=$((first + (RANDOM * 32768 + RANDOM) % room))
    [[ -z "${chosen[$port]:-}" ]] || continue
    grep -qx "$(printf '%04X' "$port")" <<<"$used" || chosen[$port]=1
  done
  printf '%s\n' "${!chosen[@]}"
}
