-- As list_events.sql, of one order: by the index on order_id.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.order_body ->> 'traceparent' FROM sagas AS s WHERE s.shard = o.shard AND s.id = o.order_id)
FROM outbox AS o
WHERE order_id = $1 AND (shard, position) > ($2, $3) AND at >= $4 AND at < $5
ORDER BY shard, position LIMIT $6
