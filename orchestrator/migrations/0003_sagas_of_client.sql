-- expand, concurrently: a client's own orders, newest first
CREATE INDEX CONCURRENTLY sagas_of_client ON sagas (client, created_at DESC, id DESC);
