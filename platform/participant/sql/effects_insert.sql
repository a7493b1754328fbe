-- Records of keys unseen until now. One that does not come back was written by another replica a moment ago.
INSERT INTO effects (action_key, order_id, fingerprint, state, undo_requested, compensation_key, not_after, reason,
                     message, request, answer, undo_answer, created_at, updated_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::timestamptz[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
                     $14::timestamptz[]) AS t(action_key)
ORDER BY t.action_key
ON CONFLICT DO NOTHING
RETURNING action_key
