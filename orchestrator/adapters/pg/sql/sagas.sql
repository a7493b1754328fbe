-- One row for each order and its saga. {columns} and the like are filled in by saga_columns.cc, where the columns stand.

-- name: insert
-- New orders, unless a client's key was used before.
WITH inserted AS (
  INSERT INTO sagas ({all}) SELECT * FROM unnest({arrays})
  ON CONFLICT (shard, client, idempotency_key) DO NOTHING
  RETURNING id)
SELECT all_or_raise('OS003', $2::uuid[], ARRAY(SELECT id FROM inserted));

-- name: made_by_keys
-- The orders that these keys have made.
SELECT t.requested, s.id, s.status, s.fingerprint
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[]) AS t(shard, client, idempotency_key, requested)
JOIN sagas AS s USING (shard, client, idempotency_key);

-- name: update
-- Beyond the fence each row must also be the version the decision was made on.
WITH updated AS (
  UPDATE sagas AS s SET ({changing}) = ROW ({changed})
  FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], {changing_arrays}) AS t(shard, id, version_before, {changing})
  WHERE s.shard = t.shard AND s.id = t.id AND s.version = t.version_before
  RETURNING s.id)
SELECT all_or_raise('OS002', $2::uuid[], ARRAY(SELECT id FROM updated));

-- name: park
-- Hands sagas that cannot be stored as decided to a person; carries no text of theirs.
UPDATE sagas AS s
SET parked = t.reason, due_at = NULL, updated_at = clock_timestamp()
FROM unnest($1::smallint[], $2::uuid[], $3::text[]) AS t(shard, id, reason)
WHERE s.shard = t.shard AND s.id = t.id AND s.finished_at IS NULL;

-- name: get
SELECT {columns} FROM sagas WHERE shard = $1 AND id = $2;

-- name: find
-- These sagas, as far as they exist, in any order. The primary key, once per id.
SELECT {columns} FROM unnest($1::smallint[], $2::uuid[]) AS wanted(shard, id) JOIN sagas USING (shard, id);

-- name: waiting
-- The oldest sagas that wait to start. Uses sagas_waiting.
SELECT {columns}
FROM sagas
WHERE shard = $1 AND finished_at IS NULL AND deadline_at IS NULL AND phase = 'waiting' AND parked = ''
ORDER BY id LIMIT $2;

-- name: open
-- Unfinished sagas of a shard, oldest first (ids are ordered by time), as far as a new owner needs to know them now.
-- Uses sagas_open.
SELECT id, definition_version, step, phase = 'compensating', due_at
FROM sagas WHERE shard = $1 AND finished_at IS NULL AND phase <> 'waiting' AND parked = '' ORDER BY id;

-- name: open_counts
SELECT count(*) FILTER (WHERE phase = 'waiting' AND parked = ''), count(*) FILTER (WHERE parked <> '')
FROM sagas WHERE shard = $1 AND finished_at IS NULL;

-- name: open_of_clients
SELECT client, count(*) FROM sagas WHERE shard = $1 AND finished_at IS NULL AND status = 'PENDING' AND client <> '' GROUP BY client;

-- name: list
-- Newest first, a page at a time: strictly older than the saga $2 (a page token), if given. Uses sagas_newest, or
-- sagas_of_customer where an e-mail address is given, or sagas_of_client where a client is.
SELECT {columns}
FROM sagas
WHERE ($1::text IS NULL OR status = $1)
  AND ($2::uuid IS NULL
       OR (created_at, id) < (SELECT created_at, id FROM sagas WHERE shard = $3::smallint AND id = $2))
  AND ($5::text IS NULL OR user_email = $5)
  AND ($6::timestamptz IS NULL OR created_at >= $6)
  AND ($7::timestamptz IS NULL OR created_at < $7)
  AND NOT ($8::boolean AND finished_at IS NOT NULL)
  AND ($9::text IS NULL OR client = $9)
ORDER BY created_at DESC, id DESC
LIMIT $4;

-- name: list_open
-- Those that have not finished, newest first by id (which begins with the time), a page at a time: older than $2 (a page
-- token), if given. sagas_open holds each shard's in that order, so a page costs a page a shard, however many are open.
SELECT page.*
FROM shards
CROSS JOIN LATERAL (
  SELECT {columns}
  FROM sagas
  WHERE sagas.shard = shards.shard
    AND finished_at IS NULL
    AND ($1::text IS NULL OR status = $1)
    AND ($2::uuid IS NULL OR id < $2)
    AND ($4::timestamptz IS NULL OR created_at >= $4)
    AND ($5::timestamptz IS NULL OR created_at < $5)
  ORDER BY id DESC
  LIMIT $3
) AS page
ORDER BY id DESC
LIMIT $3;

-- name: list_parked
-- Those that wait for a person, newest first by id. sagas_parked holds no others, so it does not matter how many are open.
SELECT {columns}
FROM sagas
WHERE parked <> ''
  AND ($1::text IS NULL OR status = $1)
  AND ($2::uuid IS NULL OR id < $2)
  AND ($4::text IS NULL OR user_email = $4)
ORDER BY id DESC
LIMIT $3;

-- name: count_open
-- Those that have not finished, by what $1 names; $2: of this customer alone. Each shard's are found by sagas_open.
SELECT CASE $1 WHEN 'phase' THEN CASE parked WHEN '' THEN phase ELSE 'parked' END
               WHEN 'step' THEN CASE phase WHEN 'waiting' THEN '' ELSE state->'steps'->step::integer->>'name' END
               WHEN 'status' THEN status
               WHEN 'parked' THEN parked
               WHEN 'reason' THEN reason
               WHEN 'error' THEN last_error
               WHEN 'user-email' THEN user_email
               ELSE '' END AS key,
       count(*), min(created_at)
FROM shards JOIN sagas USING (shard)
WHERE finished_at IS NULL AND ($2::text IS NULL OR user_email = $2)
GROUP BY key ORDER BY count(*) DESC, key LIMIT 1000;

-- name: count_parked
-- The same of those that wait for a person. sagas_parked holds no others.
SELECT CASE $1 WHEN 'phase' THEN phase
               WHEN 'step' THEN CASE phase WHEN 'waiting' THEN '' ELSE state->'steps'->step::integer->>'name' END
               WHEN 'status' THEN status
               WHEN 'parked' THEN parked
               WHEN 'reason' THEN reason
               WHEN 'error' THEN last_error
               WHEN 'user-email' THEN user_email
               ELSE '' END AS key,
       count(*), min(created_at)
FROM sagas
WHERE parked <> '' AND ($2::text IS NULL OR user_email = $2)
GROUP BY key ORDER BY count(*) DESC, key LIMIT 1000;

-- name: audit
-- The first $4 sagas of every shard with an id in $1..$2 and after $3. The primary key leads with the shard, so each
-- shard is a short walk along it. In no order: sorting rows this wide is dearer here than sorting their ids at the
-- reader.
SELECT page.*
FROM shards, LATERAL (
  SELECT {columns} FROM sagas
  WHERE sagas.shard = shards.shard AND sagas.id >= $1::uuid AND sagas.id <= $2::uuid AND sagas.id > $3::uuid
  ORDER BY sagas.id LIMIT $4) AS page;

-- name: snapshot
-- A page's sagas and events are read by two statements and must be of one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
