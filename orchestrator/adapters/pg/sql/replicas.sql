-- name: join
-- Makes this process known to the others for the length of a lease.
INSERT INTO replicas (owner, address, seen_until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::double precision))
ON CONFLICT (owner) DO UPDATE SET address = EXCLUDED.address, seen_until = EXCLUDED.seen_until;

-- name: leave
DELETE FROM replicas WHERE owner = $1 OR seen_until < clock_timestamp() - interval '1 hour';

-- name: list
-- Those that have gone without a word are deleted by `leave`, in time.
SELECT owner, seen_until FROM replicas ORDER BY owner COLLATE "C";
