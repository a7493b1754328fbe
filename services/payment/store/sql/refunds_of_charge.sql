SELECT * FROM refunds WHERE charge_key = $1 ORDER BY created_at, refund_key LIMIT 1000
