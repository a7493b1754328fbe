-- One migrating process at a time; the others wait, then find nothing to do.
SELECT pg_advisory_xact_lock(7205759403792793)
