-- In any order. The primary key, once per id.
SELECT id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at, created_at, updated_at,
       finished_at, version, event_sequence, order_body, state
FROM unnest($1::smallint[], $2::uuid[]) AS wanted(shard, id) JOIN sagas USING (shard, id)
