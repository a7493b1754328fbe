-- name: exists
SELECT to_regclass('participant_holds') IS NOT NULL;

-- name: begin
INSERT INTO participant_holds (participant, since, by, reason) VALUES ($1, $2, $3, $4);

-- name: end
UPDATE participant_holds SET until = $2 WHERE participant = $1 AND until IS NULL;

-- name: list
-- Those in force, and those that were a day ago.
SELECT participant, since, until, by, reason FROM participant_holds
WHERE until IS NULL OR until > clock_timestamp() - interval '1 day'
ORDER BY participant, since;
