-- A page of the effects of orders $1..$2 (empty: no bound), after ($3, $4). Each bound is one value, whatever is empty, so
-- that it is a bound of the walk along the index also in a plan that was made for any parameters.
SELECT * FROM effects
WHERE (order_id, action_key) > (greatest($1, $3), CASE WHEN $3 >= $1 THEN $4 ELSE '' END)
  AND order_id <= coalesce(nullif($2, ''), (SELECT max(order_id) FROM effects))
ORDER BY order_id, action_key
LIMIT $5
