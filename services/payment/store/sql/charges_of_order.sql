-- The columns of effects, then what the ledger says of it.
SELECT e.*, coalesce(t.amount_minor, 0), coalesce(t.refunded_minor, 0)
FROM effects AS e LEFT JOIN transfers AS t ON t.charge_key = e.action_key AND t.kind = 'charge'
WHERE e.order_id = $1
ORDER BY e.created_at, e.action_key LIMIT 1000
