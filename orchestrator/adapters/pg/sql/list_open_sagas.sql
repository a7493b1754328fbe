-- Those that have not finished, newest first by id (which begins with the time), a page at a time: older than $2 (a page
-- token), if given. sagas_open holds each shard's in that order, so a page costs a page a shard, however many are open.
SELECT page.*
FROM shards
CROSS JOIN LATERAL (
  SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
         finished_at, version, event_sequence, order_body, state
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
LIMIT $3
