-- The role that a program runs as: it reads and writes what its database's owner has made, and can make, drop or change
-- nothing of it. What money, stock and orders went through is only ever added to. Harmless to repeat; again after each step
-- of the schema. Run as the superuser, in the database.
-- From the environment: DATABASE_NAME (of the database and of its owner), RUNTIME_ROLE, RUNTIME_PASSWORD.
\getenv owner DATABASE_NAME
\getenv role RUNTIME_ROLE
\getenv password RUNTIME_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD :'password';
ALTER ROLE :"role" SET search_path = public;
GRANT CONNECT ON DATABASE :"owner" TO :"role";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO :"role";
SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I', name, :'role')
  FROM unnest(ARRAY['transfers', 'restocks', 'journal', 'operator_log', 'operator_log_reasons', 'schema_migrations']) AS name
 WHERE to_regclass('public.' || name) IS NOT NULL \gexec
SELECT format('REVOKE INSERT ON schema_migrations FROM %I', :'role')
 WHERE to_regclass('public.schema_migrations') IS NOT NULL \gexec
