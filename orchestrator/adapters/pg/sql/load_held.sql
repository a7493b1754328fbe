SELECT order_id, count(*) FROM relay_held WHERE shard = $1 GROUP BY order_id
