-- Held events that have been published, or given up.
DELETE FROM relay_held AS h USING unnest($1::smallint[], $2::bigint[]) AS t(shard, position)
WHERE h.shard = t.shard AND h.position = t.position
