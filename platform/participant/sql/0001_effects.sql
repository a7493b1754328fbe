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
  updated_at       timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX effects_of_order ON effects (order_id);
CREATE INDEX effects_unsettled ON effects (action_key) WHERE state IN ('in_progress', 'reversing');
