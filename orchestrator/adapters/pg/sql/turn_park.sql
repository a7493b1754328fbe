-- Hands sagas that cannot be stored as decided to a person; carries no text of theirs.
UPDATE sagas AS s
SET parked = t.reason, due_at = NULL, updated_at = clock_timestamp()
FROM unnest($1::smallint[], $2::uuid[], $3::text[]) AS t(shard, id, reason)
WHERE s.shard = t.shard AND s.id = t.id AND s.finished_at IS NULL
