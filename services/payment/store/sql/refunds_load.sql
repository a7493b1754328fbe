-- Those with one of these keys, and those under way of one of these charges.
SELECT * FROM refunds
WHERE refund_key = ANY($1::text[]) OR (state = 'in_progress' AND charge_key = ANY($2::text[]))
