INSERT INTO outbox (shard, position, order_id, sequence, routing_key, body, at)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[],
                     $7::timestamptz[])
