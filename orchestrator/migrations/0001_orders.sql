-- expand: orders, their sagas, events, shards and prices
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
-- stay within the page (HOT); only the last one, which sets finished_at, leaves the open index. A turn writes all the
-- sagas of a page again at once: they were made in one. With less than half of it filled, the new versions fit beside the
-- old ones; at 60, one update in six went to another page.
CREATE TABLE sagas (
  shard              smallint    NOT NULL,
  id                 uuid        NOT NULL,
  definition_version integer     NOT NULL,
  -- What was ordered, by whom, at what price and under which key of the client's: as inserted, for ever.
  client             text        NOT NULL,
  idempotency_key    text        NOT NULL,
  fingerprint        text        NOT NULL,
  user_email         text        NOT NULL,
  total_minor        bigint      NOT NULL,
  currency           text        NOT NULL,
  lines              jsonb       NOT NULL,
  traceparent        text        NOT NULL,
  created_at         timestamptz NOT NULL,
  -- How far it has got.
  phase              text        NOT NULL
    CHECK (phase IN ('waiting', 'forward', 'compensating', 'notifying', 'finished')),
  step               smallint    NOT NULL,
  status             text        NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'CANCELLED')),
  ending             text        NOT NULL DEFAULT '',
  reason             text        NOT NULL DEFAULT '',
  parked             text        NOT NULL DEFAULT '',
  due_at             timestamptz,
  deadline_at        timestamptz,
  updated_at         timestamptz NOT NULL,
  finished_at        timestamptz,
  version            bigint      NOT NULL CHECK (version >= 1),
  event_sequence     bigint      NOT NULL CHECK (event_sequence >= 1),
  attempts           integer     NOT NULL,  -- of the step that is under way; in `state` too, here to be searched
  last_error         text        NOT NULL,  -- of the latest of them; as well
  state              jsonb       NOT NULL,  -- step records and the rest
  PRIMARY KEY (shard, id),
  CHECK ((phase = 'finished') = (finished_at IS NOT NULL)),
  CHECK ((phase IN ('notifying', 'finished')) = (status <> 'PENDING')),
  CHECK (status = 'PENDING' OR ending <> ''),
  CHECK (parked = '' OR due_at IS NULL)
) WITH (fillfactor = 45);
-- Which order a client's key made.
CREATE UNIQUE INDEX sagas_keys ON sagas (shard, client, idempotency_key);
CREATE INDEX sagas_open ON sagas (shard, id) WHERE finished_at IS NULL;
-- Those that wait to start: deadline_at is set when the first step starts and never changes afterwards.
CREATE INDEX sagas_waiting ON sagas (shard, id) WHERE deadline_at IS NULL AND finished_at IS NULL;
CREATE INDEX sagas_newest ON sagas (created_at DESC, id DESC);
CREATE INDEX sagas_of_customer ON sagas (user_email, created_at DESC, id DESC);

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

-- No query looks for what is in these columns: ANALYZE need not fetch and sort a sample of them once a minute, which
-- was most of its second of CPU (docs/performance.md).
ALTER TABLE sagas
  ALTER COLUMN fingerprint SET STATISTICS 0,
  ALTER COLUMN lines SET STATISTICS 0,
  ALTER COLUMN traceparent SET STATISTICS 0,
  ALTER COLUMN reason SET STATISTICS 0,
  ALTER COLUMN attempts SET STATISTICS 0,
  ALTER COLUMN last_error SET STATISTICS 0,
  ALTER COLUMN state SET STATISTICS 0,
  ALTER COLUMN version SET STATISTICS 0,
  ALTER COLUMN event_sequence SET STATISTICS 0,
  ALTER COLUMN updated_at SET STATISTICS 0;
ALTER TABLE journal
  ALTER COLUMN at SET STATISTICS 0,
  ALTER COLUMN event SET STATISTICS 0,
  ALTER COLUMN detail SET STATISTICS 0,
  ALTER COLUMN phase SET STATISTICS 0;

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

-- The outbox, of domain events (docs/adr/0010-outbox-segments.md): read by cursor over (shard, position), which the
-- shard's owner hands out without gaps. Kept in segments of time that are dropped whole. Each segment has its own unique index on (shard, position), so that an owner that has
-- lost its shard and does not know it yet collides instead of slipping in; across segments it is the fence that
-- compares next_position. Rows outside every segment go to outbox_rest: writing must never fail for want of one.
CREATE TABLE outbox (
  shard       smallint    NOT NULL,
  position    bigint      NOT NULL CHECK (position >= 1),
  order_id    uuid        NOT NULL,
  sequence    bigint      NOT NULL CHECK (sequence >= 1),
  routing_key text        NOT NULL,
  body        text        NOT NULL,
  at          timestamptz NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;
CREATE UNIQUE INDEX ON outbox_rest (shard, position);
CREATE INDEX ON outbox_rest (order_id);

CREATE TABLE outbox_segments (
  name    text        PRIMARY KEY,
  from_at timestamptz NOT NULL,
  to_at   timestamptz NOT NULL CHECK (from_at < to_at)
);

-- Copies of events that cannot be published, and of their orders' later ones, until each has been published or given up.
CREATE TABLE relay_held (
  shard       smallint    NOT NULL,
  position    bigint      NOT NULL,
  order_id    uuid        NOT NULL,
  sequence    bigint      NOT NULL,
  routing_key text        NOT NULL,
  body        text        NOT NULL,
  at          timestamptz NOT NULL,
  reason      text        NOT NULL,
  held_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (shard, position)
);

-- Makes the next segment unless there are enough for two lengths to come. Starts where the last one ends; after a pause,
-- a little ahead of now, where no row can be in outbox_rest already. True: call again.
CREATE FUNCTION outbox_add_segment(length interval) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  start  timestamptz := (SELECT max(to_at) FROM outbox_segments);
  segment text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('ordersaga outbox segments')) THEN RETURN false; END IF;
  IF start >= clock_timestamp() + 2 * length THEN RETURN false; END IF;
  IF start IS NULL AND NOT EXISTS (SELECT FROM outbox_rest) THEN
    start := date_trunc('second', clock_timestamp());
  ELSIF start IS NULL OR start < clock_timestamp() THEN
    start := date_trunc('second', clock_timestamp()) + interval '10 seconds';
  END IF;
  segment := 'outbox_' || to_char(start AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS_US');
  SET LOCAL lock_timeout = '200ms';
  EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', segment);
  EXECUTE format('CREATE UNIQUE INDEX ON %I (shard, position)', segment);
  EXECUTE format('CREATE INDEX ON %I (order_id)', segment);
  EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', segment, start, start + length);
  INSERT INTO outbox_segments VALUES (segment, start, start + length);
  RETURN true;
END $$;

-- Drops the oldest segment that ended `retention` ago, unless it has an event that the relay has not passed yet.
-- True: call again.
CREATE FUNCTION outbox_drop_segment(retention interval) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  segment     text;
  unpublished boolean;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('ordersaga outbox segments')) THEN RETURN false; END IF;
  DELETE FROM outbox_rest AS o USING shards AS s
  WHERE s.shard = o.shard AND o.position <= s.relayed_position AND o.at < clock_timestamp() - retention;
  SET LOCAL lock_timeout = '200ms';
  FOR segment IN SELECT name FROM outbox_segments WHERE to_at < clock_timestamp() - retention ORDER BY to_at LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM shards AS s, LATERAL (SELECT FROM %I AS o WHERE o.shard = s.shard'
                   ' AND o.position > s.relayed_position LIMIT 1) AS waiting)', segment) INTO unpublished;
    CONTINUE WHEN unpublished;
    EXECUTE format('DROP TABLE %I', segment);
    DELETE FROM outbox_segments WHERE name = segment;
    RETURN true;
  END LOOP;
  RETURN false;
END $$;

-- A program whose role owns nothing makes segments too (MIGRATE=off), as their owner. Not everybody: whoever may drop a
-- segment can drop what was not replayed yet.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['outbox_add_segment', 'outbox_drop_segment'] LOOP
    EXECUTE format('ALTER FUNCTION %I(interval) SECURITY DEFINER SET search_path = %I, pg_temp', name, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %I(interval) FROM PUBLIC', name);
  END LOOP;
END $$;
