-- One that does not come back was written by another replica a moment ago.
INSERT INTO refunds (refund_key, charge_key, order_id, fingerprint, amount_minor, currency, note, state, reason, message,
                     answer, created_at, updated_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[]) AS t(refund_key)
ORDER BY t.refund_key
ON CONFLICT DO NOTHING
RETURNING refund_key
