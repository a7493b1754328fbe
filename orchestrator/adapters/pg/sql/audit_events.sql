-- The events of these orders, none of which happened before $2: older segments are not looked into.
SELECT order_id, sequence, routing_key FROM outbox
WHERE order_id = ANY($1::uuid[]) AND at >= $2::timestamptz
ORDER BY order_id, sequence
