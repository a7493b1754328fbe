-- Newest first, a page at a time: strictly older than the saga $2 (a page token), if given. Uses sagas_newest, or
-- sagas_of_customer where an e-mail address is given.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM sagas
WHERE ($1::text IS NULL OR status = $1)
  AND ($2::uuid IS NULL
       OR (created_at, id) < (SELECT created_at, id FROM sagas WHERE shard = $3::smallint AND id = $2))
  AND ($5::text IS NULL OR order_body ->> 'user_email' = $5)
  AND ($6::timestamptz IS NULL OR created_at >= $6)
  AND ($7::timestamptz IS NULL OR created_at < $7)
  AND NOT ($8::boolean AND finished_at IS NOT NULL)
ORDER BY created_at DESC, id DESC
LIMIT $4
