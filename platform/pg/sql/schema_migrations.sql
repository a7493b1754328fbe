-- name: lock
-- One migrating process at a time. Nobody waits for it inside a transaction: an index that is built concurrently waits
-- for every transaction that is open, so each would wait for the other.
SELECT pg_try_advisory_xact_lock(7205759403792793);

-- name: lock_session
-- The same lock, over several transactions: until the connection is closed.
SELECT pg_try_advisory_lock(7205759403792793);

-- name: patience
-- Whoever waits for a table holds up all who come after him. Less than half of a lease (docs/operations.md), so that no
-- owner of shards is late because of it.
SET LOCAL lock_timeout = '1s';

-- name: is_prepared
SELECT to_regproc('all_or_raise') IS NOT NULL
   AND EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = to_regclass('schema_migrations') AND attname = 'kind' AND NOT attisdropped);

-- name: create
CREATE TABLE IF NOT EXISTS schema_migrations (
  name       text        PRIMARY KEY,
  checksum   text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: add_kind
-- expand or contract; not known of what ran before this was remembered.
ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS kind text CHECK (kind IN ('expand', 'contract'));

-- name: functions
-- What every database of ours has. all_or_raise ends the transaction unless all that is wanted is there; `state` says in
-- which way, and the error's detail lists what is missing. So the server checks what a turn was decided on, and COMMIT can
-- travel with the statements (docs/adr/0024). Made before a migration runs; another text of it needs a migration too.
CREATE OR REPLACE FUNCTION all_or_raise(state text, wanted anyarray, there anyarray) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(wanted) <> cardinality(there) THEN
    RAISE EXCEPTION 'what this transaction was decided on is not so' USING ERRCODE = state,
      DETAIL = array_to_string(ARRAY(SELECT unnest(wanted) EXCEPT SELECT unnest(there)), ',');
  END IF;
END $$;

-- name: is_there
SELECT to_regclass('schema_migrations') IS NOT NULL;

-- name: list
-- Also of a table that has no column `kind` yet.
SELECT name, checksum, coalesce(to_jsonb(m) ->> 'kind', '') FROM schema_migrations AS m;

-- name: has
SELECT EXISTS (SELECT FROM schema_migrations WHERE name = $1);

-- name: record
INSERT INTO schema_migrations (name, checksum, kind) VALUES ($1, $2, $3);

-- name: index
-- Whether index $1 is whole, and how to drop it. No row: there is none.
SELECT indisvalid, format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass) FROM pg_index
WHERE indexrelid = to_regclass($1);

-- name: oldest
-- The transaction that has been open for longest beside this one: nearly always the one whose locks are waited for.
SELECT coalesce(nullif(application_name, ''), 'an unnamed program'), pid,
       extract(epoch FROM clock_timestamp() - xact_start)::bigint
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY xact_start LIMIT 1;
