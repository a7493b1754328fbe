-- Tombstones whose action can no longer come: it would be rejected by its not_after, by this same clock. The extra day
-- is for clocks, pauses and humans. Nothing else is ever deleted. Skips what a turn is looking at.
DELETE FROM effects
WHERE state = 'voided' AND action_key IN (
  SELECT action_key FROM effects
  WHERE state = 'voided' AND not_after < clock_timestamp() - interval '1 day'
  ORDER BY not_after LIMIT 5000
  FOR UPDATE SKIP LOCKED)
