SELECT restock_key, item_id, quantity, restocked_by, reason, stock_after, created_at, fingerprint
FROM restocks WHERE restock_key = $1
