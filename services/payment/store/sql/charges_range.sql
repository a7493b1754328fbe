-- The columns of effects, then what the ledger says of it. The bounds are those of the participants' effects_range.sql.
SELECT e.*, coalesce(t.amount_minor, 0), coalesce(t.refunded_minor, 0)
FROM effects AS e LEFT JOIN transfers AS t ON t.charge_key = e.action_key AND t.kind = 'charge'
WHERE (e.order_id, e.action_key) > (greatest($1, $3), CASE WHEN $3 >= $1 THEN $4 ELSE '' END)
  AND e.order_id <= coalesce(nullif($2, ''), (SELECT max(order_id) FROM effects))
ORDER BY e.order_id, e.action_key LIMIT $5
