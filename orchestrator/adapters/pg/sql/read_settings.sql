SELECT shards FROM settings
