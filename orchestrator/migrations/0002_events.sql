-- Domain events, and how far they have got (docs/adr/0010-outbox-segments.md).

-- The outbox: read by cursor over (shard, position), which the shard's owner hands out without gaps. Kept in segments of
-- time that are dropped whole. Each segment has its own unique index on (shard, position), so that an owner that has
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
