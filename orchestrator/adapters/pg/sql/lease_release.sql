UPDATE shards SET lease_until = clock_timestamp() WHERE shard = ANY($1::smallint[]) AND owner = $2
