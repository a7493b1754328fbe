-- expand: the catalogue, its stock and who put it there
-- The catalogue and its stock. The CHECK is the last line of defence: the code never asks for less than zero.
-- initial_stock + restocked - sold = stock, always.
CREATE TABLE products (
  item_id          text        PRIMARY KEY,
  name             text        NOT NULL,
  unit_price_minor bigint      NOT NULL CHECK (unit_price_minor > 0),
  currency         text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  stock            bigint      NOT NULL CHECK (stock >= 0),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  initial_stock    bigint      NOT NULL CHECK (initial_stock >= 0),
  restocked        bigint      NOT NULL DEFAULT 0 CHECK (restocked >= 0)
) WITH (fillfactor = 50);
INSERT INTO products (item_id, name, unit_price_minor, currency, stock, initial_stock) VALUES
  ('product-001', 'Laptop', 5000, 'USD', 100, 100),
  ('product-002', 'Mouse', 5000, 'USD', 500, 500),
  ('product-003', 'Keyboard', 5000, 'USD', 300, 300),
  ('product-selftest', 'Self-test', 1, 'USD', 1000000, 1000000);

-- Who put how much on the shelf, when and why. A key is used once.
CREATE TABLE restocks (
  restock_key text        PRIMARY KEY,
  fingerprint text        NOT NULL,
  item_id     text        NOT NULL REFERENCES products,
  quantity    bigint      NOT NULL CHECK (quantity > 0),
  restocked_by text       NOT NULL CHECK (restocked_by <> ''),
  reason      text        NOT NULL CHECK (reason <> ''),
  stock_after bigint      NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX restocks_of_product ON restocks (item_id, created_at);
