-- name: exists
SELECT to_regclass('operator_log') IS NOT NULL;

-- name: head
SELECT number, mac FROM operator_log_heads WHERE shard = $1;

-- name: append
INSERT INTO operator_log (shard, number, at, by, from_address, verb, subject, version, before, after, reason_digest, mac)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[]);

-- name: append_reasons
INSERT INTO operator_log_reasons (shard, number, reason)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::text[]);

-- name: move_heads
-- To the last of these rows of each shard.
INSERT INTO operator_log_heads (shard, number, mac)
SELECT DISTINCT ON (shard) shard, number, mac
FROM unnest($1::smallint[], $2::bigint[], $3::text[]) AS t(shard, number, mac)
ORDER BY shard, number DESC
ON CONFLICT (shard) DO UPDATE SET number = excluded.number, mac = excluded.mac;

-- name: list
-- Newest first, a page at a time: older than the row ($5, $6), a page token, if $5 is not negative. Uses operator_log_newest, or
-- operator_log_of_subject where a subject is given.
SELECT l.shard, l.number, l.at, l.by, l.from_address, l.verb, l.subject, l.version, l.before, l.after, l.reason_digest,
       l.mac, coalesce(r.reason, '')
FROM operator_log AS l LEFT JOIN operator_log_reasons AS r USING (shard, number)
WHERE ($1::text IS NULL OR l.subject = $1)
  AND ($2::timestamptz IS NULL OR l.at >= $2)
  AND ($3::timestamptz IS NULL OR l.at < $3)
  AND ($5::smallint < 0 OR (l.at, l.shard, l.number)
       < (SELECT at, shard, number FROM operator_log WHERE shard = $5 AND number = $6))
ORDER BY l.at DESC, l.shard DESC, l.number DESC
LIMIT $4;

-- name: chain
-- Rows of every shard in the order of their chains, behind the row ($1, $2).
SELECT l.shard, l.number, l.at, l.by, l.from_address, l.verb, l.subject, l.version, l.before, l.after, l.reason_digest,
       l.mac, coalesce(r.reason, '')
FROM operator_log AS l LEFT JOIN operator_log_reasons AS r USING (shard, number)
WHERE (l.shard, l.number) > ($1::smallint, $2::bigint)
ORDER BY l.shard, l.number
LIMIT $3;

-- name: heads
SELECT shard, number, mac FROM operator_log_heads ORDER BY shard;
