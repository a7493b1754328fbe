-- expand: what the service was asked to do, by key
-- Everything this service has ever been asked to do, by the key of the action. First migration of every participant.
-- Rows of applied and rejected actions are kept for ever: they are what makes a repeat safe.
CREATE TABLE effects (
  action_key       text        PRIMARY KEY,
  order_id         text        NOT NULL,
  fingerprint      text        NOT NULL,
  state            text        NOT NULL
    CHECK (state IN ('in_progress', 'applied', 'rejected', 'voided', 'reversing', 'reversed')),
  undo_requested   boolean     NOT NULL,
  compensation_key text        NOT NULL,
  not_after        timestamptz,
  reason           text        NOT NULL CHECK (state <> 'rejected' OR reason <> ''),
  message          text        NOT NULL,
  request          text        NOT NULL,
  answer           text        NOT NULL,
  undo_answer      text        NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  -- Parts: an action that gives back some of another one names that one's key as its lock key (core/rules.h). Amounts
  -- are in the service's own unit; what has been given back is counted in the row of what it is given back of.
  lock_key         text,
  amount           bigint      NOT NULL DEFAULT 0,
  given_back       bigint      NOT NULL DEFAULT 0,
  CONSTRAINT effects_given_back CHECK (given_back BETWEEN 0 AND amount)
) WITH (fillfactor = 70);
CREATE INDEX effects_unsettled ON effects (action_key) WHERE state IN ('in_progress', 'reversing');
-- For audits: all effects of a range of orders, page by page. And for finding an effect by its compensation's key.
CREATE INDEX effects_in_order ON effects (order_id, action_key);
CREATE INDEX effects_by_compensation ON effects (compensation_key) WHERE compensation_key <> '';
-- For the purge of tombstones.
CREATE INDEX effects_voided ON effects (not_after) WHERE state = 'voided';
CREATE INDEX effects_parts ON effects (lock_key) WHERE lock_key IS NOT NULL;
-- One part of a whole at a time.
CREATE UNIQUE INDEX effects_parts_under_way ON effects (lock_key)
  WHERE lock_key IS NOT NULL AND state IN ('in_progress', 'reversing');
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
  ALTER COLUMN updated_at SET STATISTICS 0,
  ALTER COLUMN amount SET STATISTICS 0,
  ALTER COLUMN given_back SET STATISTICS 0;
