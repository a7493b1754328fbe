INSERT INTO journal (shard, saga_id, sequence, at, event, detail, phase)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
