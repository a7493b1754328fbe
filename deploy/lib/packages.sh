# shellcheck shell=bash
# Installs the Debian packages that are missing, and nothing but them: no service is started, enabled or made by it, and
# a package that is there already is left alone in every respect.

# packages_of SECTION...: the names in deploy/packages under [SECTION], and under [SECTION 12] on Debian 12.
packages_of() {
  local section release
  # shellcheck source=/dev/null
  release="$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")"
  for section in "$@"; do
    awk -v want="[$section]" -v here="[$section $release]" \
      '/^\[/ { on = ($0 == want || $0 == here); next } on && !/^#/ && NF { print $1 }' "$DEPLOY_DIR/packages"
  done
}

package_installed() {
  [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

packages_missing() {
  local name
  for name in $(packages_of "$@"); do
    package_installed "$name" || printf '%s\n' "$name"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# packages_ensure SECTION...
packages_ensure() {
  local -a missing
  mapfile -t missing < <(packages_missing "$@")
  if ((${#missing[@]} == 0)); then
    ui_detail "all Debian packages needed are installed"
    return
  fi
  ui_detail "missing: ${missing[*]}"
  command -v apt-get >/dev/null ||
    die "This is not Debian: there is no apt-get." "Install the packages named in deploy/packages by your own means."
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "Installing packages needs root, and there is no sudo." \
      "As root: apt-get install --no-install-recommends ${missing[*]}" "Then again: ${0##*/}"
    ui_detail "installing them needs root; sudo may ask for your password"
    sudo -v || die "sudo refused." "As root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  # A process of its own, so that its clean-up runs whatever becomes of it, and only its own.
  as_root bash "$DEPLOY_DIR/lib/install_packages.sh" "${missing[@]}"
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]} == 0)) || die "Still missing after the installation: ${missing[*]}"
}
