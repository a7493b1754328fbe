# shellcheck shell=bash
# With SECURE=1 (deploy/up --secure): certificates for every program, secrets that nobody has thought of, and roles that own
# nothing. Secrets stand in files that one user may read; no argument and no environment of our programs holds one.

is_secure() { [[ "$SECURE" == 1 ]]; }

# secret NAME: made once, also when two ask for it at the same moment.
secret() {
  local file="$PARTS_DIR/secrets/$1" mine="$PARTS_DIR/secrets/$1.$BASHPID"
  if [[ ! -s "$file" ]]; then
    (umask 077 && mkdir -p "$PARTS_DIR/secrets" && head -c 24 /dev/urandom | base64 | tr '/+' '-_' >"$mine")
    ln "$mine" "$file" 2>/dev/null || true
    rm "$mine"
  fi
  cat "$file"
}

# secret_file PART NAME: a file below the part's certificates, which its user alone may read; the text is stdin.
secret_file() {
  local file
  file="$(certs_folder)/$1.$2"
  (umask 077 && cat >"$file.new")
  if ((EUID == 0)); then chown "$(certs_owner "$1"):" "$file.new"; fi
  mv "$file.new" "$file"
  printf '%s\n' "$file"
}

# The program whose certificate a part has.
secure_program() { printf '%s\n' "${1%%-[0-9]*}"; }

# database_of PART
database_of() {
  case "$1" in
    orchestrator*) printf 'orders_db\n' ;;
    payment | inventory | notification) printf '%s_db\n' "$1" ;;
  esac
}

# secure_database_url DATABASE ROLE
secure_database_url() {
  printf 'postgresql://%s:%s@localhost:%s/%s?sslmode=verify-full&sslrootcert=%s\n' "$2" "$(url_encoded "$(secret "$2")")" \
    "$POSTGRES_PORT" "$1" "$(url_encoded "$(certs_folder)/ca.crt")"
}

# What a program is told beyond what it is told without: as VARIABLE=value lines.
secure_environment() {
  local program database
  program="$(secure_program "$1")"
  database="$(database_of "$1")"
  printf 'TLS_FOLDER=%s\n' "$(certs_folder)/$program"
  if [[ "$program" == gateway ]]; then printf 'HTTPS_FOLDER=%s\n' "$(certs_folder)/gateway"; fi
  if [[ -n "$database" ]]; then
    printf '%s\n' MIGRATE=off "DATABASE_URL_FILE=$(secure_database_url "$database" "${database}_app" | secret_file "$program" database)"
  fi
  if [[ "$program" == orchestrator ]]; then
    printf 'RABBITMQ_URL_FILE=%s\n' "$(rabbitmq_url | secret_file "$program" broker)"
    printf 'OPERATOR_LOG_KEY_FILE=%s\n' "$(secret operator_log | secret_file "$program" operator_log)"
  fi
}

# The schema's steps, by their owner; then the role that the program runs as, which owns nothing.
secure_migrate() {
  local part database file
  for part in payment inventory notification orchestrator; do
    database="$(database_of "$part")"
    file="$(secure_database_url "$database" "$database" | secret_file "$part" owner)"
    (
      unset DATABASE_URL DATABASE_URL_FILE
      DATABASE_URL_FILE="$file" as_user ordersaga "$(service_binary "$part")" migrate --apply
    ) | sed 's/^/    /' || die "The schema of $database could not be brought up to date."
    rm "$file"
    postgres_runtime_role "$database" "${database}_app" "$(secret "${database}_app")"
  done
}
