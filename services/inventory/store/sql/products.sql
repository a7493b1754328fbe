-- name: lock
-- The products of a turn, locked in one order in every process, so that turns never deadlock.
SELECT item_id, stock FROM products WHERE item_id = ANY($1::text[]) ORDER BY item_id FOR UPDATE;

-- name: update
-- One update per product and turn, however many orders it serves. A product that was sold and then deleted by hand
-- (23503): what comes back has nowhere to go. Better no answer than a loss.
WITH updated AS (
  UPDATE products AS p SET stock = p.stock + t.change, updated_at = clock_timestamp()
  FROM unnest($1::text[], $2::bigint[]) AS t(item_id, change)
  WHERE p.item_id = t.item_id
  RETURNING p.item_id)
SELECT all_or_raise('23503', $1::text[], ARRAY(SELECT item_id FROM updated));

-- name: get
SELECT item_id, name, unit_price_minor, currency, stock, initial_stock, restocked FROM products WHERE item_id = $1;

-- name: list
SELECT item_id, name, unit_price_minor, currency, stock, initial_stock, restocked FROM products ORDER BY item_id;

-- name: count
-- For audits: the counts that are kept with each product, and what its restocks come to. Without products: one row, which
-- has the time only.
SELECT now.at, item_id, stock, initial_stock, restocked,
       (SELECT least(coalesce(sum(quantity), 0), 9223372036854775807) FROM restocks WHERE restocks.item_id = products.item_id)
FROM (SELECT clock_timestamp() AS at) AS now LEFT JOIN products ON true ORDER BY item_id;
