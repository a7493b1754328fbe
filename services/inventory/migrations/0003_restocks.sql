-- Who put how much on the shelf, when and why. A key is used once. initial_stock + restocked - sold = stock, always.
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

ALTER TABLE products ADD COLUMN initial_stock bigint CHECK (initial_stock >= 0),
                     ADD COLUMN restocked bigint NOT NULL DEFAULT 0 CHECK (restocked >= 0);
UPDATE products SET initial_stock = stock + coalesce((
  SELECT sum((line->>'quantity')::bigint)
  FROM effects, jsonb_array_elements(effects.request::jsonb) AS line
  WHERE effects.state = 'applied' AND line->>'item_id' = products.item_id), 0);
ALTER TABLE products ALTER COLUMN initial_stock SET NOT NULL;
