SELECT outbox_drop_segment(make_interval(secs => $1))
