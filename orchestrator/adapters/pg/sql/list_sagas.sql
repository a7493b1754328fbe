-- Newest first, a page at a time: strictly older than the saga $3 (a page token), if given. Uses sagas_newest, or
-- sagas_of_customer where an e-mail address is given. A saga whose order is PENDING is open, which sagas_open knows.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM sagas
WHERE ($1::text IS NULL OR status = $1)
  AND (NOT ($2::boolean OR coalesce($1::text, '') = 'PENDING') OR finished_at IS NULL)
  AND ($3::uuid IS NULL
       OR (created_at, id) < (SELECT created_at, id FROM sagas WHERE shard = $4::smallint AND id = $3))
  AND ($6::text IS NULL OR order_body ->> 'user_email' = $6)
  AND ($7::timestamptz IS NULL OR created_at >= $7)
  AND ($8::timestamptz IS NULL OR created_at < $8)
ORDER BY created_at DESC, id DESC
LIMIT $5
