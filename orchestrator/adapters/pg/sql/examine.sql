-- name: settings
SELECT current_setting('fsync')::boolean, current_setting('full_page_writes')::boolean,
       current_setting('synchronous_commit') <> 'off', rolsuper, rolname
FROM pg_roles WHERE rolname = current_user;
