-- The orders that made these keys.
SELECT t.requested, k.saga_id, coalesce(s.status, 'PENDING'), k.fingerprint
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[]) AS t(shard, scope, key, requested)
JOIN order_keys AS k ON k.shard = t.shard AND k.scope = t.scope AND k.key = t.key
LEFT JOIN sagas AS s ON s.shard = k.shard AND s.id = k.saga_id
