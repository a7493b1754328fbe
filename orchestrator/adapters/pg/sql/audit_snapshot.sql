-- A page's sagas and events are read by two statements and must be of one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
