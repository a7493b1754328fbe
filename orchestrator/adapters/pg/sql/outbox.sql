-- name: append
INSERT INTO outbox (shard, position, order_id, sequence, routing_key, body, at)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[],
                     $7::timestamptz[]);

-- name: read
-- The trace is the order's, and is stored with the order alone.
SELECT position, order_id, sequence, routing_key, body, at,
       (SELECT s.traceparent FROM sagas AS s WHERE s.shard = o.shard AND s.id = o.order_id)
FROM outbox AS o WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3;

-- name: list
-- Stored events after a place in (shard, position); of one order, or of a time.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.traceparent FROM sagas AS s WHERE s.shard = o.shard AND s.id = o.order_id)
FROM outbox AS o
WHERE (shard, position) > ($1, $2) AND at >= $3 AND at < $4
ORDER BY shard, position LIMIT $5;

-- name: list_of_order
-- As `list`, of one order: by the index on order_id.
SELECT shard, position, order_id, sequence, routing_key, body, at,
       (SELECT s.traceparent FROM sagas AS s WHERE s.shard = o.shard AND s.id = o.order_id)
FROM outbox AS o
WHERE order_id = $1 AND (shard, position) > ($2, $3) AND at >= $4 AND at < $5
ORDER BY shard, position LIMIT $6;

-- name: audit
-- The events of all orders behind $1, from $2 to $3, whether they have a saga or not; none of them happened before $4: older
-- segments are not looked into. In no order: see `audit` in sagas.sql.
SELECT order_id, sequence, routing_key, body, shard FROM outbox
WHERE order_id > $1::uuid AND order_id >= $2::uuid AND order_id <= $3::uuid AND at >= $4::timestamptz;

-- name: add_segment
SELECT outbox_add_segment(make_interval(secs => $1));

-- name: drop_segment
SELECT outbox_drop_segment(make_interval(secs => $1));
