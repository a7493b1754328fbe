DELETE FROM replicas WHERE owner = $1 OR seen_until < clock_timestamp() - interval '1 hour'
