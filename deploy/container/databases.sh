#!/bin/bash
# Run once by the postgres image, when its data folder is made: one database and role for each service.
set -euo pipefail
for name in orders_db payment_db inventory_db notification_db; do
  variable="${name^^}_PASSWORD"
  DATABASE_NAME="$name" DATABASE_PASSWORD="${!variable:-$name}" \
    psql -X -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -f /docker-entrypoint-initdb.d/database.template
done
