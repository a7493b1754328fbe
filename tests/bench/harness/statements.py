"""Statements and bytes of log as PostgreSQL itself counts them, with two of the extensions that come with it.

pg_stat_statements counts each statement that a session runs, BEGIN and COMMIT too. pg_walinspect tells the log's records from
the whole pages that come with the first change of each after a checkpoint: those depend on when checkpoints are."""

import re

import psycopg2

CALLS = """
SELECT datname, query, sum(calls)::bigint, sum(total_exec_time + total_plan_time)
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname LIKE '%%_db' AND query NOT LIKE %s
GROUP BY datname, query ORDER BY 3 DESC, 1, 2"""
COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
OWN = "%pg_stat_database%"  # the bench's own statement
LOG = "SELECT sum(record_size), sum(fpi_size) FROM pg_get_wal_stats(%s, pg_current_wal_flush_lsn())"


class Statements:
    """Of a stack whose PostgreSQL alone runs: restarts it once. From reset() on, calls() and log_bytes() count."""

    def __init__(self, stack):
        self.stack = stack
        self._run("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        stack.postgres.restart()
        self._run("CREATE EXTENSION pg_stat_statements", "CREATE EXTENSION pg_walinspect")
        self.began = None

    def _run(self, *statements, values=None):
        connection = psycopg2.connect(self.stack.postgres.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def reset(self):
        self._run("SELECT pg_stat_statements_reset()")
        self.began = self._run("SELECT pg_current_wal_flush_lsn()")[0][0]

    def calls(self):
        """[(database, statement, how often, milliseconds in all)]"""
        return [(database, " ".join(COMMENT.sub("", query).split()), calls, ms) for database, query, calls, ms in self._run(CALLS, values=(OWN,))]

    def log_bytes(self):
        """Of records, and of whole pages in them."""
        return tuple(int(size) for size in self._run(LOG, values=(self.began,))[0])
