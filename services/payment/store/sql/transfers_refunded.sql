-- Counts refunds in the row of their charge; its CHECK refuses more than was charged. One row per charge and turn.
UPDATE transfers AS charge SET refunded_minor = charge.refunded_minor + t.amount_minor
FROM unnest($1::text[], $2::bigint[]) AS t(charge_key, amount_minor)
WHERE charge.charge_key = t.charge_key AND charge.kind = 'charge'
