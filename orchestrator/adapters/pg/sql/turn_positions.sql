-- Where the outbox of each shard ends now. Same transaction and row lock as the fence.
UPDATE shards AS s SET next_position = t.next
FROM unnest($1::smallint[], $2::bigint[]) AS t(shard, next)
WHERE s.shard = t.shard
