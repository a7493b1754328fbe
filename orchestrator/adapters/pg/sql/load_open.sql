-- Unfinished sagas of a shard, oldest first (ids are ordered by time). Uses sagas_open.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM sagas WHERE shard = $1 AND finished_at IS NULL ORDER BY id
