SELECT position, order_id, sequence, routing_key, body, at
FROM relay_held WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3
