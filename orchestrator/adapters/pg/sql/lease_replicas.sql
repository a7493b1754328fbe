SELECT count(*), clock_timestamp(), count(*) FILTER (WHERE owner COLLATE "C" < $1) FROM replicas WHERE seen_until >= clock_timestamp()
