-- The orchestrator's database. Every row of an order leads with its shard: the one unit of ownership, order and position.
-- There are no foreign keys between these tables: one writer per shard stores a turn whole, and the checks would cost
-- a look-up per row.

-- How many shards there are is decided when the database is made and never changes: ids carry their shard.
CREATE TABLE settings (
  one    boolean  PRIMARY KEY DEFAULT true CHECK (one),
  shards smallint NOT NULL CHECK (shards BETWEEN 1 AND 4096)
);

-- Who owns a shard, and the token that every write must prove. fillfactor: updated once per turn, in place.
CREATE TABLE shards (
  shard            smallint    PRIMARY KEY,
  owner            text        NOT NULL DEFAULT '',
  address          text        NOT NULL DEFAULT '',
  token            bigint      NOT NULL DEFAULT 0,
  lease_until      timestamptz NOT NULL DEFAULT '-infinity',
  turn             bigint      NOT NULL DEFAULT 0,
  next_position    bigint      NOT NULL DEFAULT 1 CHECK (next_position >= 1),
  relayed_position bigint      NOT NULL DEFAULT 0 CHECK (relayed_position < next_position)
) WITH (fillfactor = 10);

-- The orchestrators that are alive, so that each knows its fair share of the shards.
CREATE TABLE replicas (
  owner      text        PRIMARY KEY,
  address    text        NOT NULL,
  seen_until timestamptz NOT NULL
);

-- One row per order and its saga. No index names a column that changes while the saga runs, so that those updates
-- stay within the page (HOT); only the last one, which sets finished_at, leaves the open index.
CREATE TABLE sagas (
  shard              smallint    NOT NULL,
  id                 uuid        NOT NULL,
  definition_version integer     NOT NULL,
  phase              text        NOT NULL
    CHECK (phase IN ('waiting', 'forward', 'compensating', 'notifying', 'finished')),
  step               smallint    NOT NULL,
  status             text        NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'CANCELLED')),
  ending             text        NOT NULL DEFAULT '',
  reason             text        NOT NULL DEFAULT '',
  parked             text        NOT NULL DEFAULT '',
  due_at             timestamptz,
  deadline_at        timestamptz,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  finished_at        timestamptz,
  version            bigint      NOT NULL CHECK (version >= 1),
  event_sequence     bigint      NOT NULL CHECK (event_sequence >= 1),
  order_body         jsonb       NOT NULL,  -- what was ordered, at what price; never changes
  state              jsonb       NOT NULL,  -- step records and the rest
  PRIMARY KEY (shard, id),
  CHECK ((phase = 'finished') = (finished_at IS NOT NULL)),
  CHECK ((phase IN ('notifying', 'finished')) = (status <> 'PENDING')),
  CHECK (status = 'PENDING' OR ending <> ''),
  CHECK (parked = '' OR due_at IS NULL)
) WITH (fillfactor = 60);
CREATE INDEX sagas_open ON sagas (shard, id) WHERE finished_at IS NULL;
-- Those that wait to start: deadline_at is set when the first step starts and never changes afterwards.
CREATE INDEX sagas_waiting ON sagas (shard, id) WHERE deadline_at IS NULL AND finished_at IS NULL;
CREATE INDEX sagas_newest ON sagas (created_at DESC, id DESC);
CREATE INDEX sagas_of_customer ON sagas ((order_body ->> 'user_email'), created_at DESC, id DESC);

-- Which order a client's key made. Lives as long as the order.
CREATE TABLE order_keys (
  shard       smallint NOT NULL,
  scope       text     NOT NULL,
  key         text     NOT NULL,
  saga_id     uuid     NOT NULL,
  fingerprint text     NOT NULL,
  PRIMARY KEY (shard, scope, key)
);

-- What happened to a saga, for people. Append-only.
CREATE TABLE journal (
  shard    smallint    NOT NULL,
  saga_id  uuid        NOT NULL,
  sequence bigint      NOT NULL,
  at       timestamptz NOT NULL,
  event    text        NOT NULL,
  detail   text        NOT NULL,
  phase    text        NOT NULL,
  PRIMARY KEY (shard, saga_id, sequence)
);

-- Unit prices; refreshed from inventory's catalogue, last good kept.
CREATE TABLE prices (
  item_id          text   PRIMARY KEY,
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor > 0),
  currency         text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);
INSERT INTO prices (item_id, unit_price_minor, currency) VALUES
  ('product-001', 5000, 'USD'),
  ('product-002', 5000, 'USD'),
  ('product-003', 5000, 'USD'),
  ('product-selftest', 1, 'USD');
