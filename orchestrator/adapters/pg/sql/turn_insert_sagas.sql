INSERT INTO sagas (shard, id, definition_version, phase, step, status, ending, reason, parked, due_at, deadline_at,
                   created_at, updated_at, finished_at, version, event_sequence, order_body, state)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::integer[], $4::text[], $5::smallint[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
                     $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::bigint[], $17::jsonb[], $18::jsonb[])
