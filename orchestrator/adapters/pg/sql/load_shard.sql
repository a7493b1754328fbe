SELECT next_position, relayed_position FROM shards WHERE shard = $1
