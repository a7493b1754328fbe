-- expand, concurrently: those that wait for a person, found among all that are open
-- An order that goes well never changes `parked`, so its updates need no new index entries (HOT).
CREATE INDEX CONCURRENTLY sagas_parked ON sagas (id) WHERE parked <> '';
