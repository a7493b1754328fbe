-- Stored events after a place in (shard, position); of one order, or of a time.
SELECT shard, position, order_id, sequence, routing_key, body, at
FROM outbox
WHERE (shard, position) > ($1, $2) AND at >= $3 AND at < $4
ORDER BY shard, position LIMIT $5
