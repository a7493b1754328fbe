-- name: at_work
-- Whether a server process of this role is at work. In the wait of a COMMIT for its standby it is, too.
SELECT FROM pg_stat_activity WHERE pid = $1 AND usename = current_user AND state = 'active' AND pid <> pg_backend_pid();
