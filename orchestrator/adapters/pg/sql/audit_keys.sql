-- Sagas of a shard, with ids from $2 to $3, that no idempotency key leads to; and keys (second column true) whose saga is
-- gone. Both are written in one transaction and seen in one snapshot.
SELECT coalesce(s.id, k.saga_id), s.id IS NULL
FROM (SELECT id FROM sagas WHERE shard = $1 AND id >= $2::uuid AND id <= $3::uuid) AS s
FULL JOIN (SELECT saga_id FROM order_keys WHERE shard = $1 AND saga_id >= $2::uuid AND saga_id <= $3::uuid) AS k
  ON k.saga_id = s.id
WHERE s.id IS NULL OR k.saga_id IS NULL
LIMIT 1000
