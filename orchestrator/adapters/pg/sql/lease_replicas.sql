-- Those that have gone without a word are deleted by lease_leave.sql, in time.
SELECT owner, seen_until FROM replicas ORDER BY owner COLLATE "C"
