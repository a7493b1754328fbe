-- A page of the effects of orders $1..$2 (empty: no bound), after ($3, $4).
SELECT * FROM effects
WHERE order_id >= $1 AND ($2 = '' OR order_id <= $2) AND (order_id, action_key) > ($3, $4)
ORDER BY order_id, action_key
LIMIT $5
