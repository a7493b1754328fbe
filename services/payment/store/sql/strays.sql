-- For audits: the ledger and what was asked of it, where one does not have the other, of the charges behind $1, up to $2. A
-- charge is a row of `effects` and its transfers; a refund in part is a row of `refunds` and a transfer with its key and
-- amount. Both sides of each comparison are bounded, so that each is a walk along a primary key.
SELECT t.charge_key, t.refund_key, t.amount_minor, t.currency, 'the ledger moved it, and no charge has this key' AS what
FROM transfers AS t
WHERE t.charge_key > $1 AND t.charge_key <= $2 AND NOT EXISTS (
  SELECT FROM effects AS e WHERE e.action_key = t.charge_key AND e.action_key > $1 AND e.action_key <= $2)
UNION ALL
SELECT t.charge_key, t.refund_key, t.amount_minor, t.currency, 'the ledger gave it back, and nobody asked for this refund'
FROM transfers AS t
WHERE t.charge_key > $1 AND t.charge_key <= $2 AND t.refund_key <> '' AND NOT EXISTS (
  SELECT FROM refunds AS r
  WHERE r.refund_key = t.refund_key AND r.charge_key = t.charge_key AND r.amount_minor = t.amount_minor
    AND r.currency = t.currency AND r.state = 'applied')
UNION ALL
SELECT r.charge_key, r.refund_key, r.amount_minor, r.currency, 'this refund was made, and the ledger does not have it'
FROM refunds AS r
WHERE r.charge_key > $1 AND r.charge_key <= $2 AND r.state = 'applied' AND NOT EXISTS (
  SELECT FROM transfers AS t WHERE t.charge_key = r.charge_key AND t.kind = 'refund' AND t.refund_key = r.refund_key)
