-- Stored events after a place in (shard, position); of one order, or of a time.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.order_body ->> 'traceparent' FROM sagas AS s WHERE s.shard = o.shard AND s.id = o.order_id)
FROM outbox AS o
WHERE (shard, position) > ($1, $2) AND at >= $3 AND at < $4
ORDER BY shard, position LIMIT $5
