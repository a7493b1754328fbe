# shellcheck shell=bash
# Our own programs: what each is told, within which limits it runs, and how it is started.

service_bind_address() {
  local variable
  variable="$(part_variable "$1" BIND_ADDRESS)"
  printf '%s\n' "${!variable:-127.0.0.1}"
}

# Where a part is asked from this machine.
service_host() {
  case "$(service_bind_address "$1")" in
    0.0.0.0 | ::) printf '127.0.0.1\n' ;;
    *:*) printf '[%s]\n' "$(service_bind_address "$1")" ;;
    *) service_bind_address "$1" ;;
  esac
}

# All listen on loopback. With --secure one part can be opened by its name, GATEWAY_BIND_ADDRESS=0.0.0.0; BIND_ADDRESS, which
# would open all of them, is not taken.
services_check_bind_addresses() {
  local name variable
  case "${BIND_ADDRESS:-127.0.0.1}" in
    127.0.0.1 | localhost | ::1) ;;
    *)
      usage_error "BIND_ADDRESS=$BIND_ADDRESS would open every port of every program." \
        "Open one part by its name: GATEWAY_BIND_ADDRESS=0.0.0.0 deploy/up --secure (docs/operations.md, Private ports)"
      ;;
  esac
  for name in "${SERVICES[@]}"; do
    variable="$(part_variable "$name" BIND_ADDRESS)"
    case "$(service_bind_address "$name")" in
      127.*.*.* | ::1) ;;
      0.0.0.0 | ::)
        is_secure || usage_error "$variable=${!variable} lets other machines reach $name, which knows nobody yet." \
          "With certificates and keys: $variable=${!variable} deploy/up --secure"
        ui_warn "$variable: whoever reaches this machine reaches $name, its admin port too"
        ;;
      *) usage_error "$variable must be of loopback, 0.0.0.0 or :: (IPv6 too), not '${!variable}'." "A firewall can choose among addresses." ;;
    esac
  done
}

gateway_url() {
  if is_secure; then printf 'https://localhost:%s\n' "$GATEWAY_PORT"; else printf 'http://127.0.0.1:%s\n' "$GATEWAY_PORT"; fi
}

# A gRPC client's name for all replicas: host:port,host:port,...
orchestrator_addresses() {
  local name port addresses=''
  for name in "${ORCHESTRATORS[@]}"; do
    port="$(part_variable "$name" PORT)"
    addresses+="${addresses:+,}127.0.0.1:${!port}"
  done
  printf '%s\n' "$addresses"
}

# Where the mails go that no mail server takes.
mailbox_folder() { printf '%s\n' "${MAILBOX_DIR:-$PARTS_DIR/mail}"; }

# What each service is told, as VARIABLE=value lines; of two that say the same the later counts.
service_environment() {
  service_addresses "$1"
  if is_secure; then secure_environment "$1"; else service_urls "$1"; fi
}

service_urls() {
  local database
  database="$(database_of "$1")"
  if [[ -n "$database" ]]; then printf 'DATABASE_URL=%s\n' "$(postgres_service_url "$database")"; fi
  if [[ "$1" == orchestrator* ]]; then
    printf '%s\n' "RABBITMQ_URL=$(rabbitmq_url)" "OPERATOR_LOG_KEY=$(secret operator_log)"
  fi
}

service_addresses() {
  local port admin
  port="$(part_variable "$1" PORT)"
  admin="$(part_variable "$1" ADMIN_PORT)"
  printf '%s\n' "SERVER_PORT=${!port}" "ADMIN_PORT=${!admin}" "BIND_ADDRESS=$(service_bind_address "$1")"
  case "$1" in
    notification) printf '%s\n' "MAILBOX_DIR=$(mailbox_folder)" ;;
    orchestrator*)
      printf '%s\n' "PAYMENT_ADDRESS=127.0.0.1:$PAYMENT_PORT" "INVENTORY_ADDRESS=127.0.0.1:$INVENTORY_PORT" \
        "NOTIFICATION_ADDRESS=127.0.0.1:$NOTIFICATION_PORT"
      ;;
    gateway)
      printf '%s\n' "ORCHESTRATOR_ADDRESS=$(orchestrator_addresses)" "INVENTORY_ADDRESS=127.0.0.1:$INVENTORY_PORT" \
        "PAYMENT_ADDRESS=127.0.0.1:$PAYMENT_PORT"
      ;;
  esac
}

# A part's program; <PART>_BINARY (ORCHESTRATOR_BINARY=..., ORCHESTRATOR_2_BINARY=...) names another one.
service_binary() {
  local variable program="$1"
  variable="$(part_variable "$1" BINARY)"
  case "$1" in
    payment | inventory | notification) program="$1-service" ;;
    orchestrator-*) program=orchestrator ;;
  esac
  printf '%s\n' "${!variable:-$BIN_DIR/$program}"
}

# Makes this shell what the service starts from: its environment (in no argument, where ps would show the passwords), its
# memory limit, and where user ordersaga cannot pass through the folders above the program, the program's own folder.
# Sets `program`. For a subshell.
service_enter() {
  local -a environment
  program="$(service_binary "$1")"
  [[ -x "$program" ]] || die "$program does not exist." "Build it: deploy/up"
  user_ensure ordersaga
  if ! as_user ordersaga test -x "$program"; then
    cd "$(dirname "$program")" || exit 1
    program="./$(basename "$program")"
    as_user ordersaga test -x "$program" ||
      die "User ordersaga may not run $(service_binary "$1")." "Let others enter its folder: chmod a+rx $PWD $PWD/*"
  fi
  mapfile -t environment < <(service_environment "$1")
  export "${environment[@]}"
  # Of data, which is what grows: a cgroup would be exact, but needs rights that a normal user has not.
  [[ "$MEMORY_LIMIT_MB" =~ ^[1-9][0-9]{1,6}$ ]] || die "MEMORY_LIMIT_MB must be a number of megabytes, not '$MEMORY_LIMIT_MB'."
  # A thread's stack counts whole, used or not, so it is made no larger than need be.
  ulimit -d "$((MEMORY_LIMIT_MB * 1024))" -s 2048 2>/dev/null ||
    die "MEMORY_LIMIT_MB=$MEMORY_LIMIT_MB is above the limit of $(id -un): $(ulimit -Hd) kB (ulimit -Hd)." "Choose a lower one."
}

# What the service runs with: what it would print with --print-config, and what that hides. Fails, having said why, if
# the program refuses its settings.
service_settings() (
  local program shown name file
  service_enter "$1" || exit 1
  shown="$(as_user ordersaga "$program" --print-config)" || exit 1
  printf '%s\n' "$(service_binary "$1")" "$MEMORY_LIMIT_MB" "${ORDERSAGA_FAULT:-}"
  while read -r shown; do
    printf '%s\n' "${shown%  \# *}"  # without its origin
    [[ "$shown" == *'***'* ]] || continue
    name="${shown%% *}"
    name="${name^^}" file="${name^^}_FILE"
    printf '%s\n' "${!name:-}"
    [[ -z "${!file:-}" ]] || as_user ordersaga cat "${!file}"
  done <<<"$shown"
  [[ -z "${CONFIG_FILE:-}" ]] || as_user ordersaga cat "$CONFIG_FILE"
)

service_start() {
  local program
  user_ensure ordersaga
  # A folder of somebody's own choice stays as it is.
  if [[ "$1" == notification && -z "${MAILBOX_DIR:-}" ]]; then
    part_folder ordersaga mail 700
  elif [[ "$1" == notification && ! -e "$MAILBOX_DIR" ]]; then
    own_folder ordersaga "$MAILBOX_DIR" 700
  fi
  (service_enter "$1" && process_start "$1" ordersaga "$program")
}
