# shellcheck shell=bash
# The stack: its parts, their settings, and how each is started, asked whether it is ready, and stopped.
# Sourced by every script here and by tests/run. Settings: environment > those the stack was started with > defaults.

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8

DEPLOY_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ROOT_DIR="$(dirname "$DEPLOY_DIR")"
# Where data, logs and pid files live, and where the binaries are.
STACK_DIR="${STACK_DIR:-$ROOT_DIR/var}"
[[ "$STACK_DIR" == /* ]] || STACK_DIR="$PWD/$STACK_DIR"
BIN_DIR="${BIN_DIR:-$ROOT_DIR/build/bin}"

# shellcheck source=deploy/lib/ui.sh
source "$DEPLOY_DIR/lib/ui.sh"
# shellcheck source=deploy/lib/ports.sh
source "$DEPLOY_DIR/lib/ports.sh"
# shellcheck source=deploy/lib/users.sh
source "$DEPLOY_DIR/lib/users.sh"
# shellcheck source=deploy/lib/processes.sh
source "$DEPLOY_DIR/lib/processes.sh"
# shellcheck source=deploy/lib/certs.sh
source "$DEPLOY_DIR/lib/certs.sh"
# shellcheck source=deploy/lib/postgres.sh
source "$DEPLOY_DIR/lib/postgres.sh"
# shellcheck source=deploy/lib/rabbitmq.sh
source "$DEPLOY_DIR/lib/rabbitmq.sh"
# shellcheck source=deploy/lib/secure.sh
source "$DEPLOY_DIR/lib/secure.sh"
# shellcheck source=deploy/lib/services.sh
source "$DEPLOY_DIR/lib/services.sh"

BACKING=(postgres rabbitmq)
DATABASES=(orders_db payment_db inventory_db notification_db)
MOST_REPLICAS=8

# variable=default. Remembered in $STACK_DIR/run/settings while the stack is up.
SETTINGS=(
  GATEWAY_PORT=8080 ORCHESTRATOR_PORT=50050 PAYMENT_PORT=50051 INVENTORY_PORT=50052 NOTIFICATION_PORT=50053
  GATEWAY_ADMIN_PORT=9080 ORCHESTRATOR_ADMIN_PORT=9050 PAYMENT_ADMIN_PORT=9051 INVENTORY_ADMIN_PORT=9052
  NOTIFICATION_ADMIN_PORT=9053 POSTGRES_PORT=5432 POSTGRES_FSYNC=on RABBITMQ_PORT=5672
  RABBITMQ_MANAGEMENT_PORT=15672 RABBITMQ_DIST_PORT=25672 RABBITMQ_EPMD_PORT=24369
  RABBITMQ_USER=admin RABBITMQ_PASSWORD=admin
  ORDERS_DB_PASSWORD=orders_db PAYMENT_DB_PASSWORD=payment_db INVENTORY_DB_PASSWORD=inventory_db
  NOTIFICATION_DB_PASSWORD=notification_db ORCHESTRATOR_REPLICAS=1 MEMORY_LIMIT_MB=1024 SECURE=0
)
# Which setting names each part's ports. The first is the one it serves.
declare -A PORT_SETTINGS=(
  [postgres]=POSTGRES_PORT
  [rabbitmq]='RABBITMQ_PORT RABBITMQ_MANAGEMENT_PORT RABBITMQ_DIST_PORT RABBITMQ_EPMD_PORT'
  [payment]='PAYMENT_PORT PAYMENT_ADMIN_PORT' [inventory]='INVENTORY_PORT INVENTORY_ADMIN_PORT'
  [notification]='NOTIFICATION_PORT NOTIFICATION_ADMIN_PORT'
  [orchestrator]='ORCHESTRATOR_PORT ORCHESTRATOR_ADMIN_PORT' [gateway]='GATEWAY_PORT GATEWAY_ADMIN_PORT'
)
# The other replicas of the orchestrator: 50060/9060, 50070/9070, then admin 9090 and on (9080 is the gateway's).
for ((replica = 2; replica <= MOST_REPLICAS; replica++)); do
  SETTINGS+=("ORCHESTRATOR_${replica}_PORT=$((50040 + 10 * replica))"
    "ORCHESTRATOR_${replica}_ADMIN_PORT=$((9040 + 10 * replica + (replica > 3 ? 10 : 0)))")
  PORT_SETTINGS[orchestrator-$replica]="ORCHESTRATOR_${replica}_PORT ORCHESTRATOR_${replica}_ADMIN_PORT"
done

# stack_set_replicas N: which parts there are.
stack_set_replicas() {
  local replica
  if [[ ! "$1" =~ ^[0-9]$ ]] || (($1 < 1 || $1 > MOST_REPLICAS)); then
    usage_error "There can be 1 to $MOST_REPLICAS replicas of the orchestrator, not '$1'." "See: deploy/up --help"
  fi
  ORCHESTRATOR_REPLICAS="$1"
  ORCHESTRATORS=(orchestrator)
  for ((replica = 2; replica <= $1; replica++)); do ORCHESTRATORS+=("orchestrator-$replica"); done
  # In starting order; stopping goes the other way round.
  SERVICES=(payment inventory notification "${ORCHESTRATORS[@]}" gateway)
  PARTS=("${BACKING[@]}" "${SERVICES[@]}")
}

stack_load_settings() {
  local entry name
  local -A saved=()
  if [[ -f "$STACK_DIR/run/settings" ]]; then
    while IFS='=' read -r name entry; do saved[$name]="$entry"; done <"$STACK_DIR/run/settings"
  fi
  for entry in "${SETTINGS[@]}"; do
    name="${entry%%=*}"
    [[ -n "${!name:-}" ]] || printf -v "$name" '%s' "${saved[$name]:-${entry#*=}}"
  done
  stack_set_replicas "$ORCHESTRATOR_REPLICAS"
  PARTS_DIR="$(parts_folder)"
}

stack_save_settings() {
  local entry name
  for entry in "${SETTINGS[@]}"; do
    name="${entry%%=*}"
    printf '%s=%s\n' "$name" "${!name}"
  done >"$STACK_DIR/run/settings"
}

stack_forget_settings() { rm -f "$STACK_DIR/run/settings"; }

# A stack has one user: nobody else can see or change what runs, and root would leave files that its user cannot touch.
stack_check_user() {
  local folder="$STACK_DIR/run" owner
  [[ -d "$folder" && "$(stat -c %u "$folder")" != "$EUID" ]] || return 0
  owner="$(stat -c %U "$folder")"
  die "$STACK_DIR belongs to $owner, and you are $(id -un)." \
    "Go on as $owner, or use a place of your own: STACK_DIR=~/ordersaga deploy/${0##*/} (and other ports)"
}

# stack_lock [--shared]: makes the stack's folders and locks it. Scripts that change all of it have it alone; deploy/part
# shares it with its like. Released when the script ends (processes are started without fd 7 and 9). What is written from
# here on is the user's alone: settings hold passwords, logs hold orders.
stack_lock() {
  stack_check_user
  umask 077
  { own_folder "$(id -un)" "$STACK_DIR/run" 700 && own_folder "$(id -un)" "$STACK_DIR/log" 700; } 2>/dev/null ||
    die "Cannot make $STACK_DIR." "Is $ROOT_DIR yours? STACK_DIR=... puts it elsewhere."
  exec 9>"$STACK_DIR/run/lock"
  flock -w 600 ${1:+"$1"} 9 || die "Another deploy script has been at work in $STACK_DIR for 10 minutes."
}

# part_lock NAME: nobody else starts or stops it. Not to be held while waiting: another part may be what it waits for.
part_lock() {
  stack_lock --shared
  exec 7>"$STACK_DIR/run/$1.lock"
  flock -w 600 7 || die "Another deploy script has been at work on $1 for 10 minutes."
}

part_unlock() { exec 7>&- 9>&-; }

part_check_name() {
  [[ " ${PARTS[*]} " == *" $1 "* ]] || usage_error "There is no part '$1'." "The parts: ${PARTS[*]}"
}

# part_variable NAME WHAT: the setting's name, e.g. ORCHESTRATOR_2_PORT.
part_variable() {
  local upper="${1^^}"
  printf '%s_%s\n' "${upper//-/_}" "$2"
}

# Everything that decides how a part runs. If it changes, a running part is restarted by deploy/up. Fails, having said why,
# if the part would not start with these settings.
part_settings() {
  case "$1" in
    postgres) printf '%s\n' "$PARTS_DIR $POSTGRES_PORT $POSTGRES_FSYNC $SECURE" ;;
    rabbitmq) printf '%s\n' "$PARTS_DIR $RABBITMQ_PORT $RABBITMQ_MANAGEMENT_PORT $RABBITMQ_DIST_PORT $RABBITMQ_EPMD_PORT $SECURE" ;;
    *) service_settings "$1" ;;
  esac | sha256sum
}

# part_is_current NAME SETTINGS: runs, with these settings, from the program as it is on disk.
part_is_current() {
  local pid
  pid="$(process_pid "$1")" && ! process_outdated "$pid" &&
    [[ "$2" == "$(cat "$STACK_DIR/run/$1.settings" 2>/dev/null)" ]]
}

# A taken port is the commonest reason for not starting, so it is looked for before anything else.
part_check_ports() {
  local setting
  for setting in ${PORT_SETTINGS[$1]}; do
    port_taken "${!setting}" || continue
    # epmd outlives a killed broker, and the next one goes on using it.
    if [[ "$setting" == RABBITMQ_EPMD_PORT ]] && process_alive epmd; then continue; fi
    ui_error "Port ${!setting}, wanted for $1, is taken by $(port_holder "${!setting}")." \
      "Stop that, or choose another port: $setting=$((${!setting} + 1000)) deploy/up"
    return 1
  done
}

part_start() {
  local name="$1" settings
  settings="$(part_settings "$name")" || die "$name cannot be started with these settings."
  case "$name" in
    postgres) postgres_start ;;
    rabbitmq) rabbitmq_start ;;
    *) service_start "$name" ;;
  esac
  printf '%s\n' "$settings" >"$STACK_DIR/run/$name.settings"
}

part_ready() {
  case "$1" in
    postgres) postgres_ready ;;
    rabbitmq) rabbitmq_ready ;;
    *)
      local admin
      admin="$(part_variable "$1" ADMIN_PORT)"
      process_alive "$1" && curl -fsS -o /dev/null --max-time 3 "http://$(service_host "$1"):${!admin}/readyz" 2>/dev/null
      ;;
  esac
}

# Why a part is not ready, in its own words, on one line.
part_complaint() {
  local admin
  admin="$(part_variable "$1" ADMIN_PORT)"
  if [[ -n "${!admin:-}" ]] && process_alive "$1"; then
    { curl -sS --max-time 3 "http://$(service_host "$1"):${!admin}/readyz?verbose" 2>&1 || true; } |
      awk '/^\[\+\]/ || /^(not ready|ok)$/ { next } { sub(/^\[-\] /, ""); out = out (out == "" ? "" : "; ") $0 } END { print out }'
  fi
}

part_last_words() {
  ui_error "$1 ended while starting. Its last words ($STACK_DIR/log/$1.log):"
  tail -n 15 "$STACK_DIR/log/$1.log" | sed 's/^/       /' >&2
}

# part_wait NAME SECONDS: until it is ready; gives up at once when its process has ended.
part_wait() {
  local name="$1" deadline=$((SECONDS + $2))
  until part_ready "$name"; do
    if ! process_alive "$name"; then
      part_last_words "$name"
      return 1
    elif ((SECONDS >= deadline)); then
      ui_error "$name is not ready after $2 s." "$(part_complaint "$name")" "Read its log: deploy/logs $name"
      return 1
    fi
    sleep 0.1
  done
}

part_stop() {
  case "$1" in
    postgres) postgres_stop fast ;;
    rabbitmq) rabbitmq_stop ;;
    *) process_stop "$1" TERM 40 ;;
  esac
}

# What has to happen once a part is ready and before others may use it.
part_prepare() {
  if [[ "$1" == postgres ]]; then postgres_databases; fi
}

# Replicas beyond the number there shall be.
stack_stop_surplus() {
  local replica
  for ((replica = MOST_REPLICAS; replica > ORCHESTRATOR_REPLICAS; replica--)); do
    process_alive "orchestrator-$replica" || continue
    ui_detail "stopping orchestrator-$replica"
    part_stop "orchestrator-$replica"
  done
}

stack_stop() {
  local i
  stack_stop_surplus
  for ((i = ${#PARTS[@]} - 1; i >= 0; i--)); do
    if process_alive "${PARTS[i]}"; then
      ui_detail "stopping ${PARTS[i]}"
    fi
    part_stop "${PARTS[i]}"
  done
}

# Removes the data, wherever it lives. The stack must be down.
stack_wipe() {
  local part
  for part in postgres rabbitmq mail; do rm -rf "${PARTS_DIR:?}/$part"; done
  rm -rf "$STACK_DIR/log" "$STACK_DIR/run"
  rmdir "$PARTS_DIR" "$STACK_DIR" 2>/dev/null || true
}

stack_load_settings
