-- name: hold
-- Copies events that cannot be published; the relay position moves past them in this same transaction.
INSERT INTO relay_held (shard, position, order_id, sequence, routing_key, body, at, reason)
SELECT o.shard, o.position, o.order_id, o.sequence, o.routing_key, o.body, o.at, t.reason
FROM unnest($1::smallint[], $2::bigint[], $3::text[]) AS t(shard, position, reason)
JOIN outbox AS o ON o.shard = t.shard AND o.position = t.position
ON CONFLICT DO NOTHING;

-- name: release
-- Held events that have been published, or given up.
DELETE FROM relay_held AS h USING unnest($1::smallint[], $2::bigint[]) AS t(shard, position)
WHERE h.shard = t.shard AND h.position = t.position;

-- name: read
-- The trace is the order's, and is stored with the order alone.
SELECT position, order_id, sequence, routing_key, body, at,
       (SELECT s.traceparent FROM sagas AS s WHERE s.shard = h.shard AND s.id = h.order_id)
FROM relay_held AS h WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3;

-- name: list
-- Events that are held back, oldest first per order.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.traceparent FROM sagas AS s WHERE s.shard = h.shard AND s.id = h.order_id),
       reason, held_at
FROM relay_held AS h WHERE (shard, position) > ($1, $2) ORDER BY shard, position LIMIT $3;

-- name: orders
SELECT order_id, count(*) FROM relay_held WHERE shard = $1 GROUP BY order_id;
