-- First statement of every turn: prove the tokens, mark the turn, move the relay positions. A shard that does not come
-- back belongs to someone else. The row lock holds a take-over off until this transaction ends.
UPDATE shards AS s
SET turn = t.turn, relayed_position = greatest(s.relayed_position, t.relayed)
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS t(shard, token, turn, relayed)
WHERE s.shard = t.shard AND s.token = t.token
RETURNING s.shard, s.next_position
