-- The events of all orders behind $1, from $2 to $3, whether they have a saga or not; none of them happened before $4: older
-- segments are not looked into. In no order: see audit_sagas.sql.
SELECT order_id, sequence, routing_key, body, shard FROM outbox
WHERE order_id > $1::uuid AND order_id >= $2::uuid AND order_id <= $3::uuid AND at >= $4::timestamptz
