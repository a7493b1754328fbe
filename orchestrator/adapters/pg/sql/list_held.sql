-- Events that are held back, oldest first per order.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.order_body ->> 'traceparent' FROM sagas AS s WHERE s.shard = h.shard AND s.id = h.order_id),
       reason, held_at
FROM relay_held AS h WHERE (shard, position) > ($1, $2) ORDER BY shard, position LIMIT $3
