-- The first $4 sagas of every shard with an id in $1..$2 and after $3. The primary key leads with the shard, so each shard
-- is a short walk along it. In no order: sorting rows this wide is dearer here than sorting their ids at the reader.
SELECT s.id, s.definition_version, s.phase, s.step, s.status, s.ending, s.reason, s.parked, s.due_at, s.deadline_at,
       s.created_at, s.updated_at, s.finished_at, s.version, s.event_sequence, s.order_body, s.state, s.shard
FROM shards, LATERAL (
  SELECT * FROM sagas
  WHERE sagas.shard = shards.shard AND sagas.id >= $1::uuid AND sagas.id <= $2::uuid AND sagas.id > $3::uuid
  ORDER BY sagas.id LIMIT $4) AS s
