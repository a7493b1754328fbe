-- Unfinished sagas of a shard, oldest first (ids are ordered by time), as far as a new owner needs to know them now.
-- Uses sagas_open.
SELECT id, definition_version, step, phase = 'compensating', due_at
FROM sagas WHERE shard = $1 AND finished_at IS NULL AND phase <> 'waiting' AND parked = '' ORDER BY id
