SELECT shard FROM shards ORDER BY shard
