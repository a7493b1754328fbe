-- Of effects, as platform/participant/store/sql/effects.sql has them.
-- {columns}: action_key, order_id, fingerprint, state, undo_requested, compensation_key, not_after, reason, message,
--   request, answer, undo_answer, created_at, updated_at, lock_key, amount, given_back

-- name: insert
INSERT INTO transfers (charge_key, kind, refund_key, debit_account, credit_account, amount_minor, currency, provider_id)
SELECT t.charge_key, t.kind, t.refund_key,
       t.debit_account,
       CASE t.kind WHEN 'charge' THEN 'merchant' ELSE 'customer' END,
       t.amount_minor, t.currency, t.provider_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
            $7::text[])
  AS t(charge_key, kind, refund_key, amount_minor, currency, provider_id, debit_account);

-- name: charges
-- For audits: the columns of the participants' `range` of effects, whose bounds these are, then what the ledger's rows come
-- to; what moved between other accounts counts for nothing. Of charges only.
SELECT {columns}, CASE WHEN e.state IN ('in_progress', 'reversing')
            THEN greatest(0, extract(epoch FROM clock_timestamp() - e.updated_at)::bigint) ELSE 0 END,
       t.charged, t.refunded, t.in_parts, t.settled, t.currency
FROM effects AS e, LATERAL (
  -- One row is the charge; of the others only a damaged ledger has so many that their sum does not fit.
  SELECT max(amount_minor) FILTER (WHERE kind = 'charge' AND debit_account = 'customer' AND credit_account = 'merchant')
           AS charged,
         least(coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund' AND debit_account = 'merchant'
                                                    AND credit_account = 'customer'), 0), 9223372036854775807) AS refunded,
         least(coalesce(sum(amount_minor) FILTER (WHERE refund_key <> ''), 0), 9223372036854775807) AS in_parts,
         max(amount_minor) FILTER (WHERE kind = 'refund' AND debit_account = 'by_hand' AND credit_account = 'customer')
           AS settled,
         CASE WHEN min(currency) = max(currency) THEN min(currency) WHEN min(currency) <> max(currency) THEN 'mixed' END
           AS currency
  FROM transfers WHERE transfers.charge_key = e.action_key) AS t
WHERE (e.order_id, e.action_key) > (greatest($1, $3), CASE WHEN $3 >= $1 THEN $4 ELSE '' END)
  AND e.order_id <= coalesce(nullif($2, ''), (SELECT max(order_id) FROM effects))
  AND e.lock_key IS NULL
ORDER BY e.order_id, e.action_key LIMIT $5;

-- name: strays
-- For audits: the ledger and what was asked of it, where one does not have the other, of the charges behind $1, up to $2;
-- and refunds in part that do not come to their end, which no other stream tells of. A
-- charge is a row of `effects` and its transfers; a refund in part is one that has the charge's key as its lock key, and
-- a transfer with its key and amount. Both sides of each comparison are bounded, so that each is a walk along a primary key.
SELECT t.charge_key, t.refund_key, t.amount_minor, t.currency, 'the ledger moved it, and no charge has this key' AS what
FROM transfers AS t
WHERE t.charge_key > $1 AND t.charge_key <= $2 AND NOT EXISTS (
  SELECT FROM effects AS e WHERE e.action_key = t.charge_key AND e.action_key > $1 AND e.action_key <= $2)
UNION ALL
SELECT t.charge_key, t.refund_key, t.amount_minor, t.currency, 'the ledger gave it back, and nobody asked for this refund'
FROM transfers AS t
WHERE t.charge_key > $1 AND t.charge_key <= $2 AND t.refund_key <> '' AND NOT EXISTS (
  SELECT FROM effects AS r
  WHERE r.action_key = t.refund_key AND r.lock_key = t.charge_key AND r.amount = t.amount_minor
    AND position('"currency":"' || t.currency || '"' IN r.request) > 0 AND r.state = 'applied')
UNION ALL
SELECT r.lock_key, r.action_key, r.amount, coalesce(substring(r.request FROM '"currency":"([A-Z]{3})"'), ''),
       'this refund was made, and the ledger does not have it'
FROM effects AS r
WHERE r.lock_key > $1 AND r.lock_key <= $2 AND r.state = 'applied' AND NOT EXISTS (
  SELECT FROM transfers AS t WHERE t.charge_key = r.lock_key AND t.kind = 'refund' AND t.refund_key = r.action_key)
UNION ALL
SELECT r.lock_key, r.action_key, r.amount, coalesce(substring(r.request FROM '"currency":"([A-Z]{3})"'), ''),
       'this refund has been under way for over an hour: payment asks the provider once an hour; look in its log for why'
FROM effects AS r
WHERE r.lock_key > $1 AND r.lock_key <= $2 AND r.state IN ('in_progress', 'reversing')
  AND r.updated_at < clock_timestamp() - interval '1 hour';

-- name: strays_span
-- How far the next $3 rows of the ledger go: of charges behind $1, up to $2 (empty: no bound). Second: whether there are more.
SELECT coalesce(span.key, nullif($2, ''), greatest((SELECT max(charge_key) FROM transfers),
                                                   (SELECT max(lock_key) FROM effects)), ''), span.key IS NOT NULL
FROM (SELECT (
  SELECT charge_key FROM transfers
  WHERE charge_key > $1 AND charge_key <= coalesce(nullif($2, ''), (SELECT max(charge_key) FROM transfers))
  ORDER BY charge_key OFFSET $3 LIMIT 1) AS key) AS span;
