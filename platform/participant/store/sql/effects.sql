-- Named one by one, so that a program goes on when a newer one has added a column (docs/adr/0026).
-- {columns}: action_key, order_id, fingerprint, state, undo_requested, compensation_key, not_after, reason, message,
--   request, answer, undo_answer, created_at, updated_at, lock_key, amount, given_back

-- name: load
-- The records of a turn, locked in one order in every process, so that turns wait for each other and never deadlock.
-- The lock is also what a repeat after a commit in doubt learns the truth by: its COMMIT waits for the synchronous standby,
-- and so does not pass on what is committed here only. A plain SELECT would.
SELECT {columns} FROM effects WHERE action_key = ANY($1::text[]) ORDER BY action_key FOR UPDATE;

-- name: load_parts
-- With their wholes locked (load): parts by their own keys, and those of some wholes that are under way.
SELECT {columns} FROM effects
WHERE action_key = ANY($1::text[]) OR (lock_key = ANY($2::text[]) AND state IN ('in_progress', 'reversing'))
ORDER BY action_key FOR UPDATE;

-- name: now
-- The clock that counts for not_after.
SELECT clock_timestamp();

-- name: insert
-- Records of keys unseen until now. One that is there was written by another replica a moment ago: the turn is run again,
-- as after any race (40001).
WITH written AS (
  INSERT INTO effects (action_key, order_id, fingerprint, state, undo_requested, compensation_key, not_after, reason,
                       message, request, answer, undo_answer, created_at, updated_at, lock_key, amount)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::timestamptz[],
                       $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
                       $14::timestamptz[], $15::text[], $16::bigint[]) AS t(action_key)
  ORDER BY t.action_key
  ON CONFLICT DO NOTHING
  RETURNING action_key)
SELECT all_or_raise('40001', $1::text[], ARRAY(SELECT action_key FROM written));

-- name: update
-- Records that are still what was decided on: where the turn has read them it has locked them; where it has assumed what
-- they are (core/assume.h, IsStill) another replica may have been here, and the turn is run again.
WITH updated AS (
  UPDATE effects AS e
  SET state = t.state, undo_requested = t.undo_requested, compensation_key = t.compensation_key, reason = t.reason,
      message = t.message, answer = t.answer, undo_answer = t.undo_answer, updated_at = t.updated_at,
      given_back = t.given_back
  FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::timestamptz[], $10::bigint[], $11::text[], $12::boolean[], $13::timestamptz[])
    AS t(action_key, state, undo_requested, compensation_key, reason, message, answer, undo_answer, updated_at, given_back,
         state_before, undo_requested_before, updated_at_before)
  WHERE e.action_key = t.action_key AND e.state = t.state_before AND e.undo_requested = t.undo_requested_before
    AND e.updated_at = t.updated_at_before
  RETURNING e.action_key)
SELECT all_or_raise('40001', $1::text[], ARRAY(SELECT action_key FROM updated));

-- name: get
SELECT {columns} FROM effects WHERE action_key = $1;

-- name: find
-- By either key: of the action, or of its compensation. The action's own comes first.
(SELECT {columns} FROM effects WHERE action_key = $1)
UNION ALL
(SELECT {columns} FROM effects WHERE compensation_key = $1 AND compensation_key <> '' AND action_key <> $1
 ORDER BY action_key)
LIMIT 1;

-- name: of_order
SELECT {columns} FROM effects WHERE order_id = $1 ORDER BY created_at, action_key LIMIT 1000;

-- name: parts
SELECT {columns} FROM effects WHERE lock_key = $1 ORDER BY created_at, action_key LIMIT 1000;

-- name: range
-- A page of the effects of orders $1..$2 (empty: no bound), after ($3, $4). Each bound is one value, whatever is empty, so
-- that it is a bound of the walk along the index also in a plan that was made for any parameters. Last: for how many
-- seconds it has been under way.
SELECT {columns}, CASE WHEN state IN ('in_progress', 'reversing')
          THEN greatest(0, extract(epoch FROM clock_timestamp() - updated_at)::bigint) ELSE 0 END
FROM effects
WHERE (order_id, action_key) > (greatest($1, $3), CASE WHEN $3 >= $1 THEN $4 ELSE '' END)
  AND order_id <= coalesce(nullif($2, ''), (SELECT max(order_id) FROM effects))
ORDER BY order_id, action_key
LIMIT $5;

-- name: under_way
-- A page, behind $1, of what the provider may have to be asked about again.
SELECT {columns} FROM effects WHERE state IN ('in_progress', 'reversing') AND action_key > $1 ORDER BY action_key LIMIT $2;

-- name: purge
-- Tombstones whose action can no longer come: it would be rejected by its not_after, by this same clock. The extra day
-- is for clocks, pauses and humans. Nothing else is ever deleted. Skips what a turn is looking at.
DELETE FROM effects
WHERE state = 'voided' AND action_key IN (
  SELECT action_key FROM effects
  WHERE state = 'voided' AND not_after < clock_timestamp() - interval '1 day'
  ORDER BY not_after LIMIT 5000
  FOR UPDATE SKIP LOCKED);
