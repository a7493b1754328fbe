-- No query looks for what is in these columns: ANALYZE need not fetch and sort a sample of them.
ALTER TABLE effects
  ALTER COLUMN fingerprint SET STATISTICS 0,
  ALTER COLUMN undo_requested SET STATISTICS 0,
  ALTER COLUMN reason SET STATISTICS 0,
  ALTER COLUMN message SET STATISTICS 0,
  ALTER COLUMN request SET STATISTICS 0,
  ALTER COLUMN answer SET STATISTICS 0,
  ALTER COLUMN undo_answer SET STATISTICS 0,
  ALTER COLUMN created_at SET STATISTICS 0,
  ALTER COLUMN updated_at SET STATISTICS 0;
