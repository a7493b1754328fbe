#!/bin/bash
# Of the stand-in for the postgres image, under the name that its has: what is not `postgres ARGUMENT...` is run as it is. Else it
# makes the cluster at the first start, runs /docker-entrypoint-initdb.d/*.sh while nobody but them can connect, and
# becomes the server.
set -euo pipefail
[[ "${1:-postgres}" == postgres ]] || exec "$@"
export PGDATA=/var/lib/postgresql/data
cd /
if ((EUID == 0)); then
  chown -R postgres: "$PGDATA"
  install -d -o postgres /run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi
if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
  initdb --username=postgres --auth-local=trust --auth-host=scram-sha-256 --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --encoding=UTF8 --locale=C.UTF-8
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  pg_ctl start --wait --silent -o "-c listen_addresses=''"
  for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
  pg_ctl stop --wait --silent
fi
exec "${@:-postgres}" -c listen_addresses='*'
