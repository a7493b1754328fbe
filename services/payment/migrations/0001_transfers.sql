-- expand: the ledger
-- The ledger. Each row moves one amount from one account to another, so that it balances by construction; rows are only
-- ever inserted. A charge is moved once, given back whole at most once, and in parts at most once under each part's key:
-- the unique key says so whatever the code does. How much of a charge was given back is counted in its effect, whose
-- CHECK refuses more than was taken. refund_key is empty for the charge and for its compensation.
CREATE TABLE transfers (
  charge_key     text        NOT NULL,
  kind           text        NOT NULL CHECK (kind IN ('charge', 'refund')),
  refund_key     text        NOT NULL DEFAULT '' CHECK (kind = 'refund' OR refund_key = ''),
  debit_account  text        NOT NULL,
  credit_account text        NOT NULL CHECK (credit_account <> debit_account),
  amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
  currency       text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  provider_id    text        NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (charge_key, kind, refund_key)
);
