-- Locks in one order, as every turn does: so renewals and turns cannot deadlock.
WITH mine AS (
  SELECT s.shard FROM shards AS s JOIN unnest($2::smallint[], $3::bigint[]) AS t(shard, token)
    ON s.shard = t.shard AND s.token = t.token
  ORDER BY s.shard FOR UPDATE OF s)
UPDATE shards AS s SET lease_until = clock_timestamp() + make_interval(secs => $1::double precision)
FROM mine WHERE s.shard = mine.shard
RETURNING s.shard, s.token
