"""What PostgreSQL counts, and what is put into it by the bench itself."""

import collections

import psycopg2

from support.waiting import wait_until

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
DATABASES = ("orders_db", "payment_db", "inventory_db", "notification_db")
PRODUCTS = [f"bench-{number:03}" for number in range(200)] + ["bench-hot"]
WAL_FILES = 250  # of 16 MB: as many as min_wal_size keeps
COUNTERS = """
SELECT (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname LIKE '%%_db'), wal_sync, wal_bytes, wal_records
FROM pg_stat_wal"""
ROWS = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_dead_tup FROM pg_stat_user_tables"
POSITIONS = "SELECT sum(next_position - 1), sum(relayed_position) FROM shards"

Counters = collections.namedtuple("Counters", "commits flushes wal_bytes wal_records")


class Database:
    """One open session; every statement is a transaction of its own."""

    def __init__(self, stack, name):
        self.connection = psycopg2.connect(stack.database_url(name))
        self.connection.autocommit = True

    def rows(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def assert_durable(stack):
    """The settings that no rate may be bought with, all of them on."""
    with Database(stack, "orders_db") as database:
        found = {name: database.rows(f"SHOW {name}")[0][0] for name in DURABLE}
    if set(found.values()) != {"on"}:
        raise SystemExit(f"the database is not durable: {found}")
    return found


def recycle_wal(stack, files=WAL_FILES):
    """As on a server that has been running for some time: what it writes next goes into files that were there before."""
    with psycopg2.connect(stack.postgres.url) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for _ in range(files):
                cursor.execute("SELECT pg_switch_wal()")
                cursor.execute("SELECT pg_logical_emit_message(true, 'bench', 'something to switch after')")
            cursor.execute("CHECKPOINT")


def add_products(stack, names, stock):
    with Database(stack, "inventory_db") as database, database.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO products (item_id, name, unit_price_minor, currency, stock, initial_stock) "
                           "VALUES (%s, %s, 5000, 'USD', %s, %s)", [(name, name, stock, stock) for name in names])


def counters(stack):
    """Of the whole server, all databases of the product together."""
    with Database(stack, "orders_db") as database:
        return Counters(*(int(value) for value in database.rows(COUNTERS.replace("%%", "%"))[0]))


def settled_counters(stack):
    """A session tells what it has counted within ten seconds of falling silent: read until nothing but the idle stack's
    own few commits is added."""
    seen = [counters(stack)]

    def calm():
        seen.append(counters(stack))
        return len(seen) > 10 and seen[-1].wal_records - seen[-5].wal_records < 1000
    wait_until(calm, "the counters to settle", 30, every=1.2)
    return seen[-1]


def rows_written(stack):
    """Rows inserted and updated so far, by database.table."""
    written = {}
    for name in DATABASES:
        with Database(stack, name) as database:
            for table, inserted, updated, _, _ in database.rows(ROWS):
                if table.startswith("outbox_2"):
                    table = "outbox"
                key = f"{name}.{table}"
                written[key] = written.get(key, 0) + inserted + updated
    return written


def positions(database):
    """Events written and events published so far."""
    written, published = database.rows(POSITIONS)[0]
    return int(written), int(published)
