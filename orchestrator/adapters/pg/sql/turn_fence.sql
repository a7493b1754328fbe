-- First statement of every turn: prove the tokens and the ends of the streams, mark the turn, move the relay positions and
-- the ends. A shard that does not come back belongs to someone else. The row lock holds a take-over off until this
-- transaction ends.
UPDATE shards AS s
SET turn = t.turn, relayed_position = greatest(s.relayed_position, t.relayed), next_position = t.ends_at
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS t(shard, token, turn, relayed, next_position, ends_at)
WHERE s.shard = t.shard AND s.token = t.token AND s.next_position = t.next_position
RETURNING s.shard
