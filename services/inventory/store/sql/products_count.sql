-- For audits: the counts that are kept with each product, and what its restocks come to. Without products: one row, which
-- has the time only.
SELECT now.at, item_id, stock, initial_stock, restocked,
       (SELECT least(coalesce(sum(quantity), 0), 9223372036854775807) FROM restocks WHERE restocks.item_id = products.item_id)
FROM (SELECT clock_timestamp() AS at) AS now LEFT JOIN products ON true ORDER BY item_id
