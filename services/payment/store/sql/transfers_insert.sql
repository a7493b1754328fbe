INSERT INTO transfers (charge_key, kind, refund_key, debit_account, credit_account, amount_minor, currency, provider_id)
SELECT t.charge_key, t.kind, t.refund_key,
       CASE t.kind WHEN 'charge' THEN 'customer' ELSE 'merchant' END,
       CASE t.kind WHEN 'charge' THEN 'merchant' ELSE 'customer' END,
       t.amount_minor, t.currency, t.provider_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
  AS t(charge_key, kind, refund_key, amount_minor, currency, provider_id)
