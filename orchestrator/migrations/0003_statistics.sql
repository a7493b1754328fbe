-- No query looks for what is in these columns: ANALYZE need not fetch and sort a sample of them once a minute, which
-- was most of its second of CPU (docs/performance.md).
ALTER TABLE sagas
  ALTER COLUMN order_body SET STATISTICS 0,
  ALTER COLUMN state SET STATISTICS 0,
  ALTER COLUMN reason SET STATISTICS 0,
  ALTER COLUMN version SET STATISTICS 0,
  ALTER COLUMN event_sequence SET STATISTICS 0,
  ALTER COLUMN updated_at SET STATISTICS 0;
ALTER TABLE order_keys
  ALTER COLUMN saga_id SET STATISTICS 0,
  ALTER COLUMN fingerprint SET STATISTICS 0;
ALTER TABLE journal
  ALTER COLUMN at SET STATISTICS 0,
  ALTER COLUMN event SET STATISTICS 0,
  ALTER COLUMN detail SET STATISTICS 0,
  ALTER COLUMN phase SET STATISTICS 0;
