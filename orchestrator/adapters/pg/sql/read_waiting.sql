-- The oldest sagas that wait to start. Uses sagas_waiting.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM sagas
WHERE shard = $1 AND finished_at IS NULL AND deadline_at IS NULL AND phase = 'waiting' AND parked = ''
ORDER BY id LIMIT $2
