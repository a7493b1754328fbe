-- name: make
INSERT INTO shards (shard)
SELECT generate_series(0, shards - 1) FROM settings
ON CONFLICT DO NOTHING;

-- name: fence
-- First statement of every turn: prove the tokens and the ends of the streams, mark the turn, move the relay positions and
-- the ends. A shard that is not as the turn has it belongs to someone else. The owner alone moves the end of its stream:
-- another end means another owner, as another token does. The row lock holds a take-over off until this transaction ends.
WITH fenced AS (
  UPDATE shards AS s
  SET turn = t.turn, relayed_position = greatest(s.relayed_position, t.relayed), next_position = t.ends_at
  FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS t(shard, token, turn, relayed, next_position, ends_at)
  WHERE s.shard = t.shard AND s.token = t.token AND s.next_position = t.next_position
  RETURNING s.shard)
SELECT all_or_raise('OS001', $1::smallint[], ARRAY(SELECT shard FROM fenced));

-- name: lock
-- After a commit in doubt: waits for the old transaction on these rows, if it still runs, to end. FOR UPDATE also makes
-- this a transaction that writes: its own COMMIT waits for the synchronous standby, so a turn that is committed here only
-- is not believed. A plain SELECT would believe it.
SELECT shard, token, turn FROM shards WHERE shard = ANY($1::smallint[]) ORDER BY shard FOR UPDATE;

-- name: positions
SELECT next_position, relayed_position FROM shards WHERE shard = $1;

-- name: take
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
RETURNING s.shard, s.token;

-- name: renew
-- Locks in one order, as every turn does: so renewals and turns cannot deadlock.
WITH mine AS (
  SELECT s.shard FROM shards AS s JOIN unnest($2::smallint[], $3::bigint[]) AS t(shard, token)
    ON s.shard = t.shard AND s.token = t.token
  ORDER BY s.shard FOR UPDATE OF s)
UPDATE shards AS s SET lease_until = clock_timestamp() + make_interval(secs => $1::double precision)
FROM mine WHERE s.shard = mine.shard
RETURNING s.shard, s.token;

-- name: release
UPDATE shards SET lease_until = clock_timestamp() WHERE shard = ANY($1::smallint[]) AND owner = $2;

-- name: owners
SELECT shard, owner, address, lease_until FROM shards ORDER BY shard;

-- name: now
SELECT clock_timestamp();
