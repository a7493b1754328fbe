-- These sagas, as far as they exist.
SELECT s.id, s.definition_version, s.phase, s.step, s.status, s.ending, s.reason, s.parked, s.due_at, s.deadline_at,
       s.created_at, s.updated_at, s.finished_at, s.version, s.event_sequence, s.order_body, s.state
FROM unnest($1::smallint[], $2::uuid[]) AS w(shard, id)
JOIN sagas AS s ON s.shard = w.shard AND s.id = w.id
