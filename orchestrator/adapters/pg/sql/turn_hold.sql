-- Copies events that cannot be published; the relay position moves past them in this same transaction.
INSERT INTO relay_held (shard, position, order_id, sequence, routing_key, body, at, reason)
SELECT o.shard, o.position, o.order_id, o.sequence, o.routing_key, o.body, o.at, t.reason
FROM unnest($1::smallint[], $2::bigint[], $3::text[]) AS t(shard, position, reason)
JOIN outbox AS o ON o.shard = t.shard AND o.position = t.position
ON CONFLICT DO NOTHING
