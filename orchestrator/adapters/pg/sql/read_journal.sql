-- What is in the journals beyond these positions.
SELECT j.saga_id, j.sequence, j.at, j.event, j.detail, j.phase
FROM unnest($1::smallint[], $2::uuid[], $3::bigint[]) AS p(shard, id, after)
JOIN journal AS j ON j.shard = p.shard AND j.saga_id = p.id AND j.sequence > p.after
ORDER BY j.shard, j.saga_id, j.sequence
