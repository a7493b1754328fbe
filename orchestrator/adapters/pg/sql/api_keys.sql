-- name: good
-- Every secret by which somebody may call now.
SELECT s.sha256, k.id, k.client, array_to_string(k.scopes, ' '), least(k.expires_at, s.good_until)
FROM api_keys AS k
JOIN api_key_secrets AS s ON s.key_id = k.id
WHERE k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
  AND (s.good_until IS NULL OR s.good_until > clock_timestamp());

-- name: create
INSERT INTO api_keys (id, client, scopes, note, created_by, expires_at)
VALUES ($1, $2, string_to_array($3, ' '), $4, $5, clock_timestamp() + $6::interval);

-- name: add_secret
INSERT INTO api_key_secrets (sha256, key_id) VALUES ($1, $2);

-- name: end_secrets
-- Of a key that can be used; those that end sooner keep their end.
UPDATE api_key_secrets AS s
SET good_until = least(s.good_until, clock_timestamp() + $2::interval)
FROM api_keys AS k
WHERE k.id = $1 AND s.key_id = k.id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());

-- name: revoke
UPDATE api_keys SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL;

-- name: list
-- All, newest first, or the one $1.
SELECT k.id, k.client, array_to_string(k.scopes, ' '), k.note, k.created_at, k.created_by, k.expires_at, k.revoked_at,
       k.revoked_by, k.last_used_at,
       (SELECT count(*) FROM api_key_secrets AS s
        WHERE s.key_id = k.id AND (s.good_until IS NULL OR s.good_until > clock_timestamp()))
FROM api_keys AS k
WHERE ($1::text IS NULL OR k.id = $1) AND ($2::boolean OR k.revoked_at IS NULL)
ORDER BY k.created_at DESC, k.id;

-- name: used
UPDATE api_keys
SET last_used_at = clock_timestamp()
WHERE id = ANY ($1::text[]) AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute');
