UPDATE refunds AS r
SET state = t.state, reason = t.reason, message = t.message, answer = t.answer, updated_at = t.updated_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
  AS t(refund_key, state, reason, message, answer, updated_at)
WHERE r.refund_key = t.refund_key
