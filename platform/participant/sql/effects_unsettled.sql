-- What was under way when the process ended: to be asked of the provider again.
SELECT * FROM effects WHERE state IN ('in_progress', 'reversing') ORDER BY action_key
