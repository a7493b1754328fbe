# shellcheck shell=bash
# Certificates for development and tests: an authority, and folders with tls.crt, tls.key and ca.crt, one for each program.

CERTIFIED=(orchestrator gateway payment inventory notification sagactl postgres rabbitmq)

# certs_authority FOLDER: made once. Its key stays in FOLDER/authority; its certificate is FOLDER/ca.crt, for everybody.
certs_authority() {
  local folder="$1/authority"
  [[ ! -f "$1/ca.crt" ]] || return 0
  mkdir -p "$folder"
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
    -subj '/CN=ordersaga development authority' -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
  cp "$folder/ca.crt" "$1/ca.crt.new"
  chmod 644 "$1/ca.crt.new"
  mv "$1/ca.crt.new" "$1/ca.crt"
}

# certs_make FOLDER PROGRAM DAYS [OWNER [PLACE]]: a new certificate by the folder's authority, put in the place of the old one
# (FOLDER/PROGRAM). The program is the URI; the names are for those who look up hosts: browsers, PostgreSQL's and RabbitMQ's
# clients.
certs_make() {
  local folder="$1" program="$2" days="$3" owner="${4:-}" place="${5:-$1/$2}" made
  made="$(mktemp -d "$(dirname "$place")/.$program.XXXXXX")"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$program" -keyout "$made/tls.key" 2>/dev/null |
    openssl x509 -req -days "$days" -CA "$folder/authority/ca.crt" -CAkey "$folder/authority/ca.key" -out "$made/tls.crt" \
      -extfile <(printf '%s\n' "subjectAltName=URI:spiffe://ordersaga/$program,DNS:$program,DNS:localhost,IP:127.0.0.1,IP:::1" \
        'extendedKeyUsage=serverAuth,clientAuth' 'keyUsage=critical,digitalSignature') 2>/dev/null
  cp "$folder/authority/ca.crt" "$made/ca.crt"
  if [[ -n "$owner" ]] && ((EUID == 0)); then chown -R "$owner:" "$made"; fi
  certs_place "$made" "$place"
}

# A link to the new folder takes the old one's place in one step, so that nobody reads a key and another's certificate.
certs_place() {
  local made="$1" place="$2" old=''
  if [[ -L "$place" ]]; then old="$(readlink "$place")"; fi
  ln -s "$(basename "$made")" "$place.new"
  mv -T "$place.new" "$place"
  if [[ -n "$old" ]]; then rm -rf "$(dirname "$place")/$old"; fi
}

# --- those of this stack, with SECURE=1 --------------------------------------------------------------------------------

certs_folder() { printf '%s\n' "$PARTS_DIR/certs"; }

certs_owner() {
  case "$1" in
    postgres | rabbitmq) printf '%s\n' "$1" ;;
    sagactl) id -un ;;
    *) printf 'ordersaga\n' ;;
  esac
}

# Makes what is missing, and anew what ends within a week.
certs_ensure() {
  local folder program
  folder="$(certs_folder)"
  (umask 077 && mkdir -p "$folder") && chmod 711 "$folder"
  (umask 077 && certs_authority "$folder")
  for program in "${CERTIFIED[@]}"; do
    if openssl x509 -checkend 604800 -noout -in "$folder/$program/tls.crt" >/dev/null 2>&1; then continue; fi
    user_ensure "$(certs_owner "$program")"
    (umask 077 && certs_make "$folder" "$program" 90 "$(certs_owner "$program")")
    # Our programs and RabbitMQ look by themselves.
    if [[ "$program" == postgres ]] && process_alive postgres; then kill -HUP "$(process_pid postgres)"; fi
  done
}
