-- The clock that counts for not_after.
SELECT clock_timestamp()
