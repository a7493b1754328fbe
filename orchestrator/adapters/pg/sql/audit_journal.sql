-- How much history there is of all orders behind $1, from $2 to $3, whether they have a saga or not. A walk along the primary
-- key in each shard.
SELECT j.saga_id, j.entries, j.first, j.last, shards.shard
FROM shards, LATERAL (
  SELECT saga_id, count(*) AS entries, min(sequence) AS first, max(sequence) AS last FROM journal
  WHERE journal.shard = shards.shard AND saga_id > $1::uuid AND saga_id >= $2::uuid AND saga_id <= $3::uuid
  GROUP BY saga_id) AS j
