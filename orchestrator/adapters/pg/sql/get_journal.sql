SELECT sequence, at, event, detail, phase FROM journal WHERE shard = $1 AND saga_id = $2 ORDER BY sequence
