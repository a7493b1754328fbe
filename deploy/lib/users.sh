# shellcheck shell=bash
# Who runs what. A normal user runs everything as himself. Root runs nothing that listens: PostgreSQL runs as user
# postgres and RabbitMQ as rabbitmq (Debian's packages make them), our programs as ordersaga (made here).

# user_ensure USER: ordersaga is made if there is none; the others come with their packages.
user_ensure() {
  if ((EUID != 0)) || id "$1" >/dev/null 2>&1; then return; fi
  [[ "$1" == ordersaga ]] || die "There is no user $1." "It comes with its Debian package: deploy/packages"
  # Two scripts may be at it at the same time.
  useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin ordersaga 2>/dev/null ||
    id ordersaga >/dev/null || die "The user ordersaga could not be made." "Make it: useradd --system ordersaga"
}

# as_user USER COMMAND...: if we are root; otherwise as ourselves. Root's home is closed to others, and libpq takes a file
# that it may not look at for an error, so HOME is /.
as_user() {
  local user="$1"
  shift
  if ((EUID == 0)); then
    setpriv --reuid "$user" --regid "$user" --clear-groups -- env HOME=/ "$@"
  else
    "$@"
  fi
}

# write_as USER FILE: stdin becomes the file. Root itself writes nothing into a folder of another user, who could have put
# a link there.
write_as() {
  # shellcheck disable=SC2016 # for the inner shell
  as_user "$1" sh -c 'cat >"$1"' sh "$2"
}

# own_folder USER FOLDER MODE: makes it, and gives it to the user with all in it if it was somebody else's.
own_folder() {
  # Its parents can be passed through.
  (if ((EUID == 0)); then umask 066; fi && mkdir -p "$2") && chmod "$3" "$2" || return 1
  if ((EUID == 0)) && [[ "$(stat -c %U "$2")" != "$1" ]]; then chown -R "$1:" "$2"; fi
}

# part_folder USER NAME MODE: the same below $PARTS_DIR. What root's programs once kept in a closed $STACK_DIR moves there.
part_folder() {
  if [[ "$PARTS_DIR" != "$STACK_DIR" && -d "$STACK_DIR/$2" && ! -e "$PARTS_DIR/$2" ]]; then
    own_folder root "$PARTS_DIR" 711
    mv "$STACK_DIR/$2" "$PARTS_DIR/$2"
  fi
  own_folder "$1" "$PARTS_DIR/$2" "$3"
}

# Where the parts keep what is theirs: in the stack's folder, unless that is closed to the parts' users, as below /root.
parts_folder() {
  local parent="$STACK_DIR"
  if ((EUID == 0)); then
    while [[ ! -d "$parent" ]]; do parent="$(dirname "$parent")"; done
    if ! setpriv --reuid 65534 --regid 65534 --clear-groups -- test -x "$parent"; then
      printf '/var/lib/ordersaga/%s\n' "$(cksum <<<"$STACK_DIR" | cut -d' ' -f1)"
      return
    fi
  fi
  printf '%s\n' "$STACK_DIR"
}
