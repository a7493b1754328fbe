-- After a commit in doubt: waits for the old transaction on these rows, if it still runs, to end.
SELECT shard, token, turn FROM shards WHERE shard = ANY($1::smallint[]) ORDER BY shard FOR UPDATE
