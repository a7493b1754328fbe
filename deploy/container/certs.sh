#!/bin/bash
# Run by compose.yaml's service `certs`: an authority, and for each program a certificate that compose.yaml's volume of its
# name keeps as `current`; and the operator log's key. Only what is missing is made; to have all of them anew, remove the volumes tls-* and authority.
set -euo pipefail
# shellcheck source=deploy/lib/certs.sh
source /lib.sh
umask 077
certs_authority /certs
# The key of the operator log's chain: for those who write and verify it, and not for the database.
if [[ ! -s /certs/orchestrator/operator_log.key ]]; then
  head -c 32 /dev/urandom | base64 >/certs/orchestrator/operator_log.key.new
  mv /certs/orchestrator/operator_log.key.new /certs/orchestrator/operator_log.key
fi
cp /certs/orchestrator/operator_log.key /certs/sagactl/operator_log.key
for program in "${CERTIFIED[@]}"; do
  if [[ ! -e "/certs/$program/current" ]]; then
    certs_make /certs "$program" 3650 '' "/certs/$program/current"
    echo "a certificate for $program"
  fi
  # No other service sees the volume, so whoever its user is may read it; PostgreSQL insists on a key of its own user's.
  if [[ "$program" == postgres ]]; then
    chown -R postgres: /certs/postgres
  else
    chmod -R a+rX "/certs/$program"
  fi
done
