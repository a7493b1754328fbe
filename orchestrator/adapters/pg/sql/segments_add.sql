SELECT outbox_add_segment(make_interval(secs => $1))
