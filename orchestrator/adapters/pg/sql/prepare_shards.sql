INSERT INTO shards (shard)
SELECT generate_series(0, shards - 1) FROM settings
ON CONFLICT DO NOTHING
