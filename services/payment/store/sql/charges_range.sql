-- For audits: the columns of effects, then what the ledger's rows come to; what moved between other accounts counts for
-- nothing. The bounds are those of the participants' effects_range.sql.
SELECT e.*, t.charged, t.refunded, t.in_parts, t.counted, t.currency
FROM effects AS e, LATERAL (
  -- One row is the charge; of the others only a damaged ledger has so many that their sum does not fit.
  SELECT max(amount_minor) FILTER (WHERE kind = 'charge' AND debit_account = 'customer' AND credit_account = 'merchant')
           AS charged,
         least(coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund' AND debit_account = 'merchant'
                                                    AND credit_account = 'customer'), 0), 9223372036854775807) AS refunded,
         least(coalesce(sum(amount_minor) FILTER (WHERE refund_key <> ''), 0), 9223372036854775807) AS in_parts,
         max(refunded_minor) FILTER (WHERE kind = 'charge') AS counted,
         CASE WHEN min(currency) = max(currency) THEN min(currency) WHEN min(currency) <> max(currency) THEN 'mixed' END
           AS currency
  FROM transfers WHERE transfers.charge_key = e.action_key) AS t
WHERE (e.order_id, e.action_key) > (greatest($1, $3), CASE WHEN $3 >= $1 THEN $4 ELSE '' END)
  AND e.order_id <= coalesce(nullif($2, ''), (SELECT max(order_id) FROM effects))
ORDER BY e.order_id, e.action_key LIMIT $5
