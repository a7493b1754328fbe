-- The records of a turn, locked in one order in every process, so that turns wait for each other and never deadlock.
-- The lock is also what a repeat after a commit in doubt learns the truth by: its COMMIT waits for the synchronous standby,
-- and so does not pass on what is committed here only. A plain SELECT would.
SELECT * FROM effects WHERE action_key = ANY($1::text[]) ORDER BY action_key FOR UPDATE
