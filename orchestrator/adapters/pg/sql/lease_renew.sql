UPDATE shards AS s SET lease_until = clock_timestamp() + make_interval(secs => $1::double precision)
FROM unnest($2::smallint[], $3::bigint[]) AS t(shard, token)
WHERE s.shard = t.shard AND s.token = t.token
RETURNING s.shard, s.token
