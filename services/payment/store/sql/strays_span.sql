-- How far the next $3 rows of the ledger go: of charges behind $1, up to $2 (empty: no bound). Second: whether there are more.
SELECT coalesce(span.key, nullif($2, ''), greatest((SELECT max(charge_key) FROM transfers),
                                                   (SELECT max(charge_key) FROM refunds)), ''), span.key IS NOT NULL
FROM (SELECT (
  SELECT charge_key FROM transfers
  WHERE charge_key > $1 AND charge_key <= coalesce(nullif($2, ''), (SELECT max(charge_key) FROM transfers))
  ORDER BY charge_key OFFSET $3 LIMIT 1) AS key) AS span
