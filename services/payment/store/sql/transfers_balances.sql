-- What was taken and what has gone back. The rows of `effects` are locked already.
SELECT charge_key, amount_minor, refunded_minor FROM transfers WHERE kind = 'charge' AND charge_key = ANY($1::text[])
