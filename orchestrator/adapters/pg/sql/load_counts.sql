SELECT count(*) FILTER (WHERE phase = 'waiting' AND parked = ''), count(*) FILTER (WHERE parked <> '')
FROM sagas WHERE shard = $1 AND finished_at IS NULL
