-- name: load
SELECT item_id, unit_price_minor, currency FROM prices;

-- name: save
INSERT INTO prices (item_id, unit_price_minor, currency)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
ON CONFLICT (item_id) DO UPDATE SET unit_price_minor = EXCLUDED.unit_price_minor, currency = EXCLUDED.currency
WHERE (prices.unit_price_minor, prices.currency) IS DISTINCT FROM (EXCLUDED.unit_price_minor, EXCLUDED.currency);
