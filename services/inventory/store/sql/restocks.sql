-- name: insert
-- Locks the product, and then says what is on hand. Unknown product: no row.
WITH product AS (
  UPDATE products SET stock = stock + $4::bigint, restocked = restocked + $4::bigint, updated_at = clock_timestamp()
  WHERE item_id = $3 RETURNING item_id, stock)
INSERT INTO restocks (restock_key, fingerprint, item_id, quantity, restocked_by, reason, stock_after)
SELECT $1, $2, product.item_id, $4::bigint, $5, $6, product.stock FROM product
RETURNING stock_after, created_at;

-- name: get
SELECT restock_key, item_id, quantity, restocked_by, reason, stock_after, created_at, fingerprint
FROM restocks WHERE restock_key = $1;

-- name: list
-- The latest first; $1 empty: of all products.
SELECT restock_key, item_id, quantity, restocked_by, reason, stock_after, created_at
FROM restocks WHERE $1 = '' OR item_id = $1
ORDER BY created_at DESC, restock_key LIMIT 1000;
