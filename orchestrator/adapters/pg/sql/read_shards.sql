-- After a commit in doubt: waits for the old transaction on these rows, if it still runs, to end. FOR UPDATE also makes
-- this a transaction that writes: its own COMMIT waits for the synchronous standby, so a turn that is committed here only
-- is not believed. A plain SELECT would believe it.
SELECT shard, token, turn FROM shards WHERE shard = ANY($1::smallint[]) ORDER BY shard FOR UPDATE
