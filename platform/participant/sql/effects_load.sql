-- The records of a turn, locked in one order in every process, so that turns wait for each other and never deadlock.
SELECT * FROM effects WHERE action_key = ANY($1::text[]) ORDER BY action_key FOR UPDATE
