-- Beyond the fence each row must also be the version the decision was made on; one that is not does not come back.
UPDATE sagas AS s
SET phase = t.phase, step = t.step, status = t.status, ending = t.ending, reason = t.reason, parked = t.parked,
    due_at = t.due_at, deadline_at = t.deadline_at, updated_at = t.updated_at, finished_at = t.finished_at,
    version = t.version, event_sequence = t.event_sequence, state = t.state
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::bigint[],
            $14::bigint[], $15::jsonb[], $16::bigint[])
  AS t(shard, id, phase, step, status, ending, reason, parked, due_at, deadline_at, updated_at, finished_at, version,
       event_sequence, state, version_before)
WHERE s.shard = t.shard AND s.id = t.id AND s.version = t.version_before
RETURNING s.id
