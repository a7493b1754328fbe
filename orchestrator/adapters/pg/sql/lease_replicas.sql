SELECT count(*), clock_timestamp() FROM replicas WHERE seen_until >= clock_timestamp()
