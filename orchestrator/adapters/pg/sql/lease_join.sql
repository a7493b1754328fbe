-- Makes this process known to the others for the length of a lease.
INSERT INTO replicas (owner, address, seen_until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::double precision))
ON CONFLICT (owner) DO UPDATE SET address = EXCLUDED.address, seen_until = EXCLUDED.seen_until
