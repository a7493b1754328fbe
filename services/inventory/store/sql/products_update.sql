-- One update per product and turn, however many orders it serves.
UPDATE products AS p SET stock = p.stock + t.change, updated_at = clock_timestamp()
FROM unnest($1::text[], $2::bigint[]) AS t(item_id, change)
WHERE p.item_id = t.item_id
