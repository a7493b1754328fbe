-- Claims the idempotency keys of new orders; those that do not come back were taken before.
INSERT INTO order_keys (shard, scope, key, saga_id, fingerprint)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::text[])
ON CONFLICT DO NOTHING
RETURNING saga_id
