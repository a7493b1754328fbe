-- The events of these orders, none of which happened before $2: older segments are not looked into. In no order: see
-- audit_sagas.sql.
SELECT order_id, sequence, routing_key FROM outbox
WHERE order_id = ANY($1::uuid[]) AND at >= $2::timestamptz
