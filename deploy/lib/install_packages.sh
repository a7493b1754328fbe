#!/usr/bin/env bash
# Run as root by packages.sh: install_packages.sh PACKAGE...
#
# Debian's server packages start their services, and PostgreSQL's makes a cluster, on the very ports wanted here. While
# this runs nothing is started (policy-rc.d), no cluster is made (createcluster.conf), and the units of servers that
# were not there before are disabled, so that they do not come up at the next boot either.
set -euo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

POLICY=/usr/sbin/policy-rc.d
CLUSTER_CONF=/etc/postgresql-common/createcluster.conf
keep="$(mktemp -d)"

clean_up() {
  if [[ -e "$keep/policy-rc.d" ]]; then
    mv -f "$keep/policy-rc.d" "$POLICY"
  elif [[ -e "$keep/policy-made" ]]; then
    rm -f "$POLICY"
  fi
  if [[ -e "$keep/createcluster.conf" ]]; then cat "$keep/createcluster.conf" >"$CLUSTER_CONF"; fi
  rm -rf "$keep"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

# Everything apt says goes to a log, shown if it fails; a person sees how far it is.
apt() {
  if ! apt-get -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -q -y --no-install-recommends "$@" 2>&1 |
    tee -a "$keep/apt.log" | awk '
      /^Need to get/ { print "    " $0; fflush() }
      /^Get:/ { if (++got % 50 == 0) { printf "    %d downloaded\n", got; fflush() } }
      /^Setting up/ { if (++set % 25 == 0) { printf "    %d set up\n", set; fflush() } }'; then
    tail -n 30 "$keep/apt.log" >&2
    printf 'error: apt-get %s failed.\n       Is the package mirror reachable? Try: apt-get update\n' "$1" >&2
    exit 1
  fi
}

start_no_services() {
  if [[ -e "$POLICY" ]]; then cp -a "$POLICY" "$keep/policy-rc.d"; else : >"$keep/policy-made"; fi
  printf '#!/bin/sh\nexit 101\n' >"$POLICY.new"
  chmod 755 "$POLICY.new"
  mv -f "$POLICY.new" "$POLICY"
}

make_no_cluster() {
  apt install postgresql-common
  cp -a "$CLUSTER_CONF" "$keep/createcluster.conf"
  printf '\ncreate_main_cluster = false\n' >>"$CLUSTER_CONF"
}

# The units of servers that were not installed before this script ran.
disable_new_units() {
  local unit
  for unit in "$@"; do
    # The helper of the packages' own scripts works without a running systemd, but only with this variable set.
    DPKG_MAINTSCRIPT_PACKAGE=ordersaga deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
    # Where there is no systemd: the old links.
    if [[ -x "/etc/init.d/${unit%.*}" ]]; then update-rc.d "${unit%.*}" disable >/dev/null 2>&1 || true; fi
  done
  if [[ -d /run/systemd/system ]]; then systemctl daemon-reload || true; fi
}

main() {
  local -a new_units=()
  installed rabbitmq-server || new_units+=(rabbitmq-server.service)
  installed erlang-base || new_units+=(epmd.service epmd.socket)
  local new_postgres=1
  if compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then new_postgres=0; fi

  printf '    apt-get update\n'
  apt update
  start_no_services
  printf '    apt-get install (%d packages and what they need)\n' $#
  if ((new_postgres)) && [[ " $* " == *" postgresql-"* ]]; then make_no_cluster; fi
  apt install "$@"
  if ((${#new_units[@]})); then disable_new_units "${new_units[@]}"; fi
}

main "$@"
