-- The ledger. Each row moves one amount from one account to another, so that it balances by construction. A charge is
-- moved once and given back at most once: the unique key says so whatever the code does.
CREATE TABLE transfers (
  charge_key     text        NOT NULL,
  kind           text        NOT NULL CHECK (kind IN ('charge', 'refund')),
  debit_account  text        NOT NULL,
  credit_account text        NOT NULL CHECK (credit_account <> debit_account),
  amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
  currency       text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  provider_id    text        NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (charge_key, kind)
);
