# shellcheck shell=bash
# A private RabbitMQ node with an epmd (Erlang's name service) of its own: data under $PARTS_DIR/rabbitmq, loopback
# only.
# Debian's rabbitmq-server wrapper insists on its own user and folders, so the script behind it is called.

RABBITMQ_SCRIPT=/usr/lib/rabbitmq/bin/rabbitmq-server

rabbitmq_configure() {
  local dir="$PARTS_DIR/rabbitmq"
  user_ensure rabbitmq
  part_folder rabbitmq rabbitmq 700
  as_user rabbitmq mkdir -p "$dir/conf.d" "$dir/mnesia" "$dir/log"
  write_as rabbitmq "$dir/rabbitmq.conf" <<CONF
# Written by deploy/up at every start. Put settings of your own into conf.d/*.conf beside this file.
$(rabbitmq_listener)
management.tcp.ip = 127.0.0.1
management.tcp.port = $RABBITMQ_MANAGEMENT_PORT
# Made at the first start; with it given, the well-known user guest is not made.
default_user = $RABBITMQ_USER
default_pass = $(rabbitmq_password)
log.console = true
log.console.level = info
log.file = false
log.console.use_colors = off
disk_free_limit.absolute = 200MB
CONF
  write_as rabbitmq "$dir/enabled_plugins" <<<'[rabbitmq_management].'
  write_as rabbitmq "$dir/rabbitmq-env.conf" </dev/null
  if ! as_user rabbitmq test -s "$dir/.erlang.cookie"; then
    head -c 30 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | write_as rabbitmq "$dir/.erlang.cookie"
    as_user rabbitmq chmod 400 "$dir/.erlang.cookie"
  fi
}

rabbitmq_listener() {
  local certs
  certs="$(certs_folder)/rabbitmq"
  if ! is_secure; then
    printf 'listeners.tcp.default = 127.0.0.1:%s\n' "$RABBITMQ_PORT"
    return
  fi
  printf '%s\n' 'listeners.tcp = none' "listeners.ssl.default = 127.0.0.1:$RABBITMQ_PORT" \
    "ssl_options.cacertfile = $certs/ca.crt" "ssl_options.certfile = $certs/tls.crt" "ssl_options.keyfile = $certs/tls.key" \
    'ssl_options.verify = verify_none' 'ssl_options.versions.1 = tlsv1.3' 'ssl_options.versions.2 = tlsv1.2'
}

rabbitmq_password() {
  if is_secure; then secret rabbitmq; else printf '%s\n' "$RABBITMQ_PASSWORD"; fi
}

# The environment in which the node and rabbitmqctl find each other and nothing of the system's.
rabbitmq_environment() {
  local dir="$PARTS_DIR/rabbitmq"
  printf '%s\n' "HOME=$dir" "RABBITMQ_NODENAME=ordersaga@localhost" \
    "RABBITMQ_CONF_ENV_FILE=$dir/rabbitmq-env.conf" "RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf" \
    "RABBITMQ_CONFIG_FILES=$dir/conf.d" "RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config" \
    "RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins" "RABBITMQ_MNESIA_BASE=$dir/mnesia" \
    "RABBITMQ_LOG_BASE=$dir/log" "RABBITMQ_DIST_PORT=$RABBITMQ_DIST_PORT" \
    "ERL_EPMD_PORT=$RABBITMQ_EPMD_PORT" "ERL_EPMD_ADDRESS=127.0.0.1" \
    "ERL_CRASH_DUMP=$dir/log/erl_crash.dump" "LC_ALL=C.UTF-8"
}

rabbitmq_start() {
  [[ -x "$RABBITMQ_SCRIPT" ]] ||
    die "RabbitMQ is not installed." "Install it: sudo apt-get install rabbitmq-server"
  rabbitmq_configure
  local -a settings
  mapfile -t settings < <(rabbitmq_environment)
  process_alive epmd || process_start epmd rabbitmq env "${settings[@]}" epmd
  # ALLOW_INPUT makes the script exec Erlang, so that the pid is the node's; -noinput then takes the shell away again.
  # The +sbwt flags keep idle schedulers from spinning, +S leaves half of the cores to the others: there may be only two.
  local schedulers=$((($(nproc) + 1) / 2))
  process_start rabbitmq rabbitmq env "${settings[@]}" RABBITMQ_ALLOW_INPUT=1 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none +S $schedulers:$schedulers" \
    "$RABBITMQ_SCRIPT" -noinput
  rabbitmq_renew_password
}

# The password of rabbitmq.conf counts at the first start only; another one, as --secure has it, is told to the node.
rabbitmq_renew_password() {
  local known="$PARTS_DIR/rabbitmq/password.sha256" now
  now="$(rabbitmq_password | sha256sum)"
  if as_user rabbitmq test -s "$known" && [[ "$(as_user rabbitmq cat "$known")" != "$now" ]]; then
    rabbitmq_ctl -q await_startup >/dev/null && rabbitmq_password | rabbitmq_ctl -q change_password "$RABBITMQ_USER" >/dev/null ||
      die "RabbitMQ did not take its new password." "Read: deploy/logs rabbitmq"
  fi
  write_as rabbitmq "$known" <<<"$now"
}

rabbitmq_ready() {
  local login="${RABBITMQ_USER//\\/\\\\}:$(rabbitmq_password | sed 's/\\/\\\\/g')"
  process_alive rabbitmq && port_taken "$RABBITMQ_PORT" &&
    curl -fsS -o /dev/null --max-time 3 -K - "http://127.0.0.1:$RABBITMQ_MANAGEMENT_PORT/api/whoami" 2>/dev/null \
      <<<"user = \"${login//\"/\\\"}\""
}

rabbitmq_url() {
  local start='amqp' host=127.0.0.1
  if is_secure; then start=amqps host=localhost; fi
  printf '%s://%s:%s@%s:%s/\n' "$start" "$(url_encoded "$RABBITMQ_USER")" "$(url_encoded "$(rabbitmq_password)")" "$host" \
    "$RABBITMQ_PORT"
}

# rabbitmq_ctl ARGUMENT...: rabbitmqctl of this node.
rabbitmq_ctl() {
  local -a settings
  mapfile -t settings < <(rabbitmq_environment)
  as_user rabbitmq env "${settings[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl "$@"
}

rabbitmq_stop() {
  process_stop rabbitmq TERM 60
  process_stop epmd TERM 5
}
