-- A turn writes all the sagas of a page again at once: they were made in one. With less than half of it filled, the new
-- versions fit beside the old ones and no index is touched (HOT); at 60, one update in six went to another page.
ALTER TABLE sagas SET (fillfactor = 45);
