-- Newest first, a page at a time: strictly older than the saga $3 (a page token), if given. Uses sagas_newest.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM sagas
WHERE ($1::text IS NULL OR status = $1)
  AND (NOT $2::boolean OR finished_at IS NULL)
  AND ($3::uuid IS NULL
       OR (created_at, id) < (SELECT created_at, id FROM sagas WHERE shard = $4::smallint AND id = $3))
ORDER BY created_at DESC, id DESC
LIMIT $5
