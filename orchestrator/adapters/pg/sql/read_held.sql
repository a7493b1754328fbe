-- The trace is the order's, and is stored with the order alone.
SELECT position, order_id, sequence, routing_key, body, at,
       (SELECT s.order_body ->> 'traceparent' FROM sagas AS s WHERE s.shard = h.shard AND s.id = h.order_id)
FROM relay_held AS h WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3
