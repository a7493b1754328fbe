-- As list_events.sql, of one order: by the index on order_id.
SELECT shard, position, order_id, sequence, routing_key, body, at
FROM outbox
WHERE order_id = $1 AND (shard, position) > ($2, $3) AND at >= $4 AND at < $5
ORDER BY shard, position LIMIT $6
