UPDATE effects AS e
SET state = t.state, undo_requested = t.undo_requested, compensation_key = t.compensation_key, reason = t.reason,
    message = t.message, answer = t.answer, undo_answer = t.undo_answer, updated_at = t.updated_at
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[])
  AS t(action_key, state, undo_requested, compensation_key, reason, message, answer, undo_answer, updated_at)
WHERE e.action_key = t.action_key
