# shellcheck shell=bash
# What a person sees: steps, results, errors. Colour only on a terminal, and never with NO_COLOR set.

if [[ -t 1 && -z "${NO_COLOR:-}" && "${TERM:-dumb}" != dumb ]]; then
  UI_BOLD=$'\e[1m' UI_RED=$'\e[31m' UI_GREEN=$'\e[32m' UI_YELLOW=$'\e[33m' UI_OFF=$'\e[0m'
else
  UI_BOLD='' UI_RED='' UI_GREEN='' UI_YELLOW='' UI_OFF=''
fi
# QUIET=1 keeps steps and details away (tests/run); errors always show.
QUIET="${QUIET:-0}"

ui_step() { ((QUIET)) || printf '%s==>%s %s\n' "$UI_BOLD" "$UI_OFF" "$*"; }
ui_detail() { ((QUIET)) || printf '    %s\n' "$*"; }
ui_ok() { ((QUIET)) || printf '    %sok%s  %s\n' "$UI_GREEN" "$UI_OFF" "$*"; }
ui_warn() { printf '%swarning:%s %s\n' "$UI_YELLOW" "$UI_OFF" "$*" >&2; }

# ui_error MESSAGE [WHAT TO DO]...: what went wrong, then what to type next.
ui_error() {
  printf '%serror:%s %s\n' "$UI_RED" "$UI_OFF" "$1" >&2
  shift
  local hint
  for hint in "$@"; do printf '       %s\n' "$hint" >&2; done
}

die() {
  ui_error "$@"
  exit 1
}

# A wrong command line is told apart from a failure: exit code 2.
usage_error() {
  ui_error "$1" "$2"
  exit 2
}

# ui_help FILE: the comment block at the top of a script is its --help, so the two cannot drift apart.
ui_help() { sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$1"; }
