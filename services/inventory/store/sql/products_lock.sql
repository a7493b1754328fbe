-- The products of a turn, locked in one order in every process, so that turns never deadlock.
SELECT item_id, stock FROM products WHERE item_id = ANY($1::text[]) ORDER BY item_id FOR UPDATE
