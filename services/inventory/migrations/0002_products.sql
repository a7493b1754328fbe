-- The catalogue and its stock. The CHECK is the last line of defence: the code never asks for less than zero.
CREATE TABLE products (
  item_id          text        PRIMARY KEY,
  name             text        NOT NULL,
  unit_price_minor bigint      NOT NULL CHECK (unit_price_minor > 0),
  currency         text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  stock            bigint      NOT NULL CHECK (stock >= 0),
  updated_at       timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

INSERT INTO products (item_id, name, unit_price_minor, currency, stock) VALUES
  ('product-001', 'Laptop', 5000, 'USD', 100),
  ('product-002', 'Mouse', 5000, 'USD', 500),
  ('product-003', 'Keyboard', 5000, 'USD', 300),
  ('product-selftest', 'Self-test', 1, 'USD', 1000000);
