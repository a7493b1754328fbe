-- The latest first; $1 empty: of all products.
SELECT restock_key, item_id, quantity, restocked_by, reason, stock_after, created_at
FROM restocks WHERE $1 = '' OR item_id = $1
ORDER BY created_at DESC, restock_key LIMIT 1000
