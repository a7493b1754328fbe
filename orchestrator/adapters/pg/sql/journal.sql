-- name: append
INSERT INTO journal (shard, saga_id, sequence, at, event, detail, phase)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]);

-- name: get
SELECT sequence, at, event, detail, phase FROM journal WHERE shard = $1 AND saga_id = $2 ORDER BY sequence;

-- name: get_beyond
-- What is in the journals beyond these positions.
SELECT j.saga_id, j.sequence, j.at, j.event, j.detail, j.phase
FROM unnest($1::smallint[], $2::uuid[], $3::bigint[]) AS p(shard, id, after)
JOIN journal AS j ON j.shard = p.shard AND j.saga_id = p.id AND j.sequence > p.after
ORDER BY j.shard, j.saga_id, j.sequence;

-- name: audit
-- How many journal entries there are of all orders behind $1, from $2 to $3, whether they have a saga or not. A walk along the primary
-- key in each shard.
SELECT j.saga_id, j.entries, j.first, j.last, shards.shard
FROM shards, LATERAL (
  SELECT saga_id, count(*) AS entries, min(sequence) AS first, max(sequence) AS last FROM journal
  WHERE journal.shard = shards.shard AND saga_id > $1::uuid AND saga_id >= $2::uuid AND saga_id <= $3::uuid
  GROUP BY saga_id) AS j;
