SELECT * FROM refunds WHERE state = 'in_progress' ORDER BY refund_key
