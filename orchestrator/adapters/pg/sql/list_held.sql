-- Events that are held back, oldest first per order.
SELECT shard, position, order_id, sequence, routing_key, body, at, reason, held_at
FROM relay_held WHERE (shard, position) > ($1, $2) ORDER BY shard, position LIMIT $3
