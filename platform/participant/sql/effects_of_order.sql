SELECT * FROM effects WHERE order_id = $1 ORDER BY created_at, action_key LIMIT 1000
