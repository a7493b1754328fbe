-- Takes shards whose lease has run out, by the database's clock; or whose term is one of $5, $6: their owners have been
-- silent for a lease, whatever that clock says. SKIP LOCKED: what another replica takes at this moment, or what a frozen
-- owner's transaction still holds, is left for the next round.
UPDATE shards AS s
SET owner = $1, address = $2, token = s.token + 1,
    lease_until = clock_timestamp() + make_interval(secs => $3::double precision)
FROM (SELECT shard FROM shards
      WHERE lease_until < clock_timestamp()
         OR (shard, lease_until) IN (SELECT * FROM unnest($5::smallint[], $6::timestamptz[]))
      ORDER BY shard LIMIT $4 FOR UPDATE SKIP LOCKED) AS free
WHERE s.shard = free.shard
RETURNING s.shard, s.token
