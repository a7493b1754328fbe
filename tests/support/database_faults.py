"""What can befall a PostgreSQL server while it keeps its connections: it freezes, it waits for a standby that is away, it
refuses to write."""

import contextlib
import os
import pathlib
import signal
import threading
import time

import psycopg2


def processes_of(pid):
    """A process and all below it."""
    found = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += processes_of(int(child))
    return found


@contextlib.contextmanager
def frozen(postgres):
    """The whole server is stopped: its sockets stay, and nobody answers."""
    pids = processes_of(postgres.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Server:
    """The server as its administrator sees it; never waits for a standby itself."""

    def __init__(self, stack):
        self.stack = stack
        self.connection = psycopg2.connect(stack.postgres.url, options="-c synchronous_commit=local")
        self.connection.autocommit = True

    def close(self):
        self.connection.close()

    def run(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def set_standby(self, name):
        """Commits wait for a standby of this name from now on; empty: for none."""
        self.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.run("SELECT pg_reload_conf()")

    @contextlib.contextmanager
    def standby_away(self):
        self.set_standby("nobody")
        try:
            yield
        finally:
            self.set_standby("")

    def backends(self):
        return self.run("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]

    def commits_that_wait(self):
        return self.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0][0]

    @contextlib.contextmanager
    def waits_cut_short(self):
        """Somebody cancels every commit that waits: they succeed, with a warning, on this server only."""
        done = threading.Event()

        def cancel():
            server = Server(self.stack)
            while not done.is_set():
                server.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                time.sleep(0.05)
            server.close()
        thread = threading.Thread(target=cancel)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextlib.contextmanager
    def read_only(self, database):
        """The database refuses what would write, with SQLSTATE 25006: as a standby does."""
        self.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        self.cut(database)
        try:
            yield
        finally:
            self.run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
            self.cut(database)

    def cut(self, database):
        self.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                 database)
