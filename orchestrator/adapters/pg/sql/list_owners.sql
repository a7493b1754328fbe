SELECT shard, owner, address, lease_until FROM shards ORDER BY shard
