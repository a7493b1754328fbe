# shellcheck shell=bash
# A private PostgreSQL cluster in $PARTS_DIR/postgres: one database and role per service. People reach it by loopback
# TCP; our own services by a socket in its folder, which costs them less.

# The programs that fit the data folder, or the newest there are.
postgres_bin() {
  local data="$1/data" version
  if [[ -f "$data/PG_VERSION" ]]; then
    version="$(<"$data/PG_VERSION")"
  else
    version="$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -V | tail -1)"
  fi
  [[ -x "/usr/lib/postgresql/$version/bin/postgres" ]] ||
    die "PostgreSQL${version:+ $version} is not installed." "Install it: sudo apt-get install postgresql${version:+-$version}"
  printf '/usr/lib/postgresql/%s/bin\n' "$version"
}

# A quarter of the memory, as PostgreSQL's documentation advises for a start, and 2 GB at most: it is not alone here. With
# less, what outgrows it is written and read again and again. Memory is taken as it is used.
postgres_shared_buffers() {
  local kilobytes=2097152 quarter
  quarter="$(awk '/^MemTotal:/ { print int($2 / 4) }' /proc/meminfo)"
  printf '%skB\n' "$((quarter < kilobytes ? quarter : kilobytes))"
}

postgres_configure() {
  write_as postgres "$1/data/postgresql.conf" <<CONF
# Written by deploy/up at every start. Put settings of your own into local.conf beside this file.
listen_addresses = '127.0.0.1'
port = $POSTGRES_PORT
unix_socket_directories = '$(postgres_socket_dir)'
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '$(postgres_shared_buffers)'
min_wal_size = '4GB'
max_wal_size = '4GB'
checkpoint_completion_target = 0.9
fsync = $POSTGRES_FSYNC
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d %a '
log_checkpoints = off
lc_messages = 'C.UTF-8'
include_if_exists = 'local.conf'
CONF
  if is_secure; then postgres_secure "$1"; fi
}

# Nobody comes in by TCP in the clear. The socket is this machine's.
postgres_secure() {
  write_as postgres "$1/data/hba.secure.conf" <<'CONF'
local     all all           scram-sha-256
hostssl   all all all       scram-sha-256
CONF
  as_user postgres tee -a "$1/data/postgresql.conf" >/dev/null <<CONF
hba_file = '$1/data/hba.secure.conf'
ssl = on
ssl_cert_file = '$(certs_folder)/postgres/tls.crt'
ssl_key_file = '$(certs_folder)/postgres/tls.key'
ssl_min_protocol_version = 'TLSv1.2'
CONF
}

postgres_initdb() {
  local dir="$1" bin="$2"
  as_user postgres rm -rf "$dir/data.new"
  head -c 24 /dev/urandom | base64 | tr -d '/+=\n' | write_as postgres "$dir/superuser.password"
  if ! as_user postgres env -C / "$bin/initdb" --pgdata="$dir/data.new" --username=postgres --auth=scram-sha-256 \
    --pwfile="$dir/superuser.password" --encoding=UTF8 --locale=C.UTF-8 >"$STACK_DIR/log/initdb.log" 2>&1; then
    cat "$STACK_DIR/log/initdb.log" >&2
    die "initdb failed in $dir."
  fi
  as_user postgres mv "$dir/data.new" "$dir/data"
}

postgres_password_of() {
  if is_secure; then secret "$1" && return; fi
  local variable="${1^^}_PASSWORD"  # ORDERS_DB_PASSWORD, ...
  printf '%s\n' "${!variable:-$1}"
}

# What stands in a URL as itself, the rest of its bytes as %XX.
url_encoded() {
  local LC_ALL=C text="$1" out='' byte i
  for ((i = 0; i < ${#text}; i++)); do
    byte="${text:i:1}"
    [[ "$byte" == [A-Za-z0-9._~-] ]] || printf -v byte '%%%02X' "$(($(printf '%d' "'$byte") & 255))"
    out+="$byte"
  done
  printf '%s\n' "$out"
}

# postgres_url NAME: the URL of a service's database.
postgres_url() {
  printf 'postgresql://%s:%s@127.0.0.1:%s/%s\n' "$1" "$(url_encoded "$(postgres_password_of "$1")")" "$POSTGRES_PORT" "$1"
}

# Empty if the path is too long for a socket's address (107 bytes with its name) or would have to be quoted.
postgres_socket_dir() {
  local dir
  dir="$PARTS_DIR/postgres"
  [[ "$dir" =~ ^[A-Za-z0-9/._-]{1,85}$ ]] || dir=''
  printf '%s\n' "$dir"
}

# The same, by the socket where there is one.
postgres_service_url() {
  local dir
  dir="$(postgres_socket_dir)"
  printf '%s%s\n' "$(postgres_url "$1")" "${dir:+?host=${dir//\//%2F}}"
}

postgres_superuser_url() {
  printf 'postgresql://postgres:%s@127.0.0.1:%s/postgres\n' "$(<"$PARTS_DIR/postgres/superuser.password")" "$POSTGRES_PORT"
}

# The processes in the data folder: the server and its backends are there and nowhere else.
postgres_processes() {
  local data="$1" process
  for process in /proc/[0-9]*; do
    [[ "$(readlink "$process/cwd" 2>/dev/null)" != "$data" ]] || printf '%s\n' "${process#/proc/}"
  done
}

# After a kill -9 of the server its backends may go on for a while, and a zombie keeps its number in postmaster.pid:
# the next server would see either and refuse to start. They are dead or about to die; recovery does not need them.
postgres_clear_leftovers() {
  local data pid holder=''
  data="$(readlink -f "$1")"
  { read -r holder <"$data/postmaster.pid"; } 2>/dev/null || return 0
  if [[ -n "$(process_start_time "$holder")" && "$(readlink "/proc/$holder/cwd")" == "$data" ]]; then
    die "A PostgreSQL that this stack did not start runs in $data: process $holder." "Stop it: kill -INT $holder"
  fi
  for pid in $(postgres_processes "$data"); do
    kill -s KILL "$pid" 2>/dev/null || true
    process_wait_gone "$pid" 10 || die "Process $pid of the last PostgreSQL does not end." "Look at it: ps -o pid,stat,cmd $pid"
  done
  as_user postgres rm -f "$data/postmaster.pid"
}

# It holds its data folder: from here on only recovery can take time.
postgres_wait_begun() {
  local pid holder tries=200
  while pid="$(process_pid postgres)"; do
    { read -r holder <"$PARTS_DIR/postgres/data/postmaster.pid"; } 2>/dev/null || holder=''
    [[ "$holder" != "$pid" ]] || return 0
    ((tries-- > 0)) || return 0
    sleep 0.05
  done
  part_last_words postgres
  return 1
}

postgres_start() {
  local dir="$PARTS_DIR/postgres" bin
  bin="$(postgres_bin "$dir")"
  [[ "$PARTS_DIR" == "$STACK_DIR" ]] || ui_detail "$STACK_DIR is closed to other users, so the data is in $PARTS_DIR"
  user_ensure postgres
  # Our programs reach the socket in it.
  part_folder postgres postgres "$( ((EUID == 0)) && printf 711 || printf 700)"
  as_user postgres test -d "$dir/data" || postgres_initdb "$dir" "$bin"
  postgres_configure "$dir"
  postgres_clear_leftovers "$dir/data"
  # -C /: PostgreSQL wants to be in a folder it may read.
  process_start postgres postgres env -C / -u PGDATA TZ=UTC "${POSTGRES_BINARY:-$bin/postgres}" -D "$dir/data"
  postgres_wait_begun
}

postgres_ready() {
  process_alive postgres &&
    "$(postgres_bin "$PARTS_DIR/postgres")/pg_isready" -q -U postgres -d postgres -h 127.0.0.1 -p "$POSTGRES_PORT"
}

# Makes what is missing of the services' databases and roles; harmless to repeat. No password becomes an argument, which
# everybody could see with ps.
postgres_databases() {
  local name
  for name in "${DATABASES[@]}"; do
    PGHOST=127.0.0.1 PGPORT="$POSTGRES_PORT" PGUSER=postgres PGDATABASE=postgres \
      PGPASSWORD="$(<"$PARTS_DIR/postgres/superuser.password")" PGOPTIONS='-c client_min_messages=warning' \
      DATABASE_NAME="$name" DATABASE_PASSWORD="$(postgres_password_of "$name")" \
      psql -X -q -v ON_ERROR_STOP=1 -f "$DEPLOY_DIR/lib/database.sql" >/dev/null
  done
}

# postgres_runtime_role DATABASE ROLE PASSWORD
postgres_runtime_role() {
  PGHOST=127.0.0.1 PGPORT="$POSTGRES_PORT" PGUSER=postgres PGDATABASE="$1" \
    PGPASSWORD="$(<"$PARTS_DIR/postgres/superuser.password")" PGOPTIONS='-c client_min_messages=warning' \
    DATABASE_NAME="$1" RUNTIME_ROLE="$2" RUNTIME_PASSWORD="$3" \
    psql -X -q -v ON_ERROR_STOP=1 -f "$DEPLOY_DIR/lib/runtime_role.sql" >/dev/null
}

# fast: sessions are cut, everything committed is kept. immediate: as after a crash.
postgres_stop() {
  case "${1:-fast}" in
    fast) process_stop postgres INT 60 ;;
    immediate) process_stop postgres QUIT 20 ;;
  esac
}
