-- Partial refunds, each under a key of its own. At most one of a charge is under way, so that what is left is known.
CREATE TABLE refunds (
  refund_key   text        PRIMARY KEY,
  charge_key   text        NOT NULL,
  order_id     text        NOT NULL,
  fingerprint  text        NOT NULL,
  amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
  currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  note         text        NOT NULL,
  state        text        NOT NULL CHECK (state IN ('in_progress', 'applied', 'rejected')),
  reason       text        NOT NULL CHECK (state <> 'rejected' OR reason <> ''),
  message      text        NOT NULL,
  answer       text        NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL
);
CREATE INDEX refunds_of_charge ON refunds (charge_key);
CREATE UNIQUE INDEX refunds_under_way ON refunds (charge_key) WHERE state = 'in_progress';

-- The ledger: a charge can be given back in parts. The row of the charge counts them, so that the database itself
-- refuses to give back more than was taken. refund_key is empty for the charge and for its compensation.
ALTER TABLE transfers ADD COLUMN refund_key text NOT NULL DEFAULT '' CHECK (kind = 'refund' OR refund_key = ''),
                      ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
                      DROP CONSTRAINT transfers_pkey,
                      ADD PRIMARY KEY (charge_key, kind, refund_key);
UPDATE transfers AS charge SET refunded_minor = refund.amount_minor
FROM transfers AS refund
WHERE charge.kind = 'charge' AND refund.kind = 'refund' AND refund.charge_key = charge.charge_key;
ALTER TABLE transfers ADD CHECK (refunded_minor BETWEEN 0 AND amount_minor);
