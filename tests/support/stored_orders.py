"""A database full of ended orders, quickly: copies, by SQL, of orders that the running system has made."""

import contextlib
import time

import psycopg2

from .clients import Grpc, Rest
from .stack import SHARDS
from .waiting import wait_until

# The last of its kinds of orders and how often each comes, in twenty: completed, declined, out of stock.
KINDS = (("product-selftest", 1, "fast@card.test", 18), ("product-selftest", 1, "decline@card.test", 1),
         ("product-001", 999, "fast@card.test", 1))
# Ids as the orchestrator makes them: milliseconds, the shard in its bits, and a number for chance.
IDS = f"""
CREATE TEMPORARY TABLE copies AS
SELECT (lpad(to_hex(%s + n / 2), 12, '0')
        || lpad(to_hex(28672 + n %% {SHARDS}), 4, '0') || '8000' || lpad(to_hex(n), 12, '0'))::uuid AS copy,
       n %% {SHARDS} AS shard, (%s::uuid[])[n %% 20 + 1] AS original
FROM generate_series(1, %s) AS n"""


def _columns(cursor, table, **changed):
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
                   (table,))
    names = [name for (name,) in cursor.fetchall()]
    return ", ".join(names), ", ".join(changed.get(name, f"o.{name}") for name in names)


def _copy(cursor, table, join, **changed):
    into, values = _columns(cursor, table, **changed)
    cursor.execute(f"INSERT INTO {table} ({into}) SELECT {values} FROM copies JOIN {table} AS o ON {join}")


def _copy_orders(cursor, first_position):
    _copy(cursor, "sagas", "o.id = copies.original", shard="copies.shard", id="copies.copy",
          idempotency_key="copies.copy::text")
    _copy(cursor, "outbox", "o.order_id = copies.original", shard="copies.shard", order_id="copies.copy",
          body="replace(o.body, copies.original::text, copies.copy::text)",
          position=f"{first_position} + row_number() OVER (ORDER BY copies.copy, o.sequence)")
    _copy(cursor, "journal", "o.saga_id = copies.original", shard="copies.shard", saga_id="copies.copy")


def _copy_effects(cursor, step):
    _copy(cursor, "effects", "o.order_id = copies.original::text", order_id="copies.copy::text",
          action_key=f"copies.copy || '/{step}/action'",
          compensation_key=f"CASE o.compensation_key WHEN '' THEN '' ELSE copies.copy || '/{step}/compensation' END")


def _copy_charges(cursor):
    _copy_effects(cursor, "payment")
    _copy(cursor, "transfers", "o.charge_key = copies.original || '/payment/action'",
          charge_key="copies.copy || '/payment/action'")


def _copy_notices(cursor):
    _copy_effects(cursor, "notification")


def _copy_reservations(cursor):
    _copy_effects(cursor, "inventory")
    # What the copies hold was there at first.
    cursor.execute("UPDATE products SET initial_stock = initial_stock + (SELECT count(*) FROM copies JOIN effects "
                   "ON effects.order_id = copy::text WHERE state = 'applied') WHERE item_id = 'product-selftest'")


def _originals(stack):
    rest = Rest(stack)
    originals = []
    for item_id, quantity, user_email, share in KINDS:
        originals += [rest.place(item_id, quantity, user_email)] * share
    with contextlib.closing(Grpc(stack)) as grpc:
        for order_id in set(originals):
            grpc.wait_finished(order_id)
    return originals


def store_orders(stack, count, first_position=100_000):
    """So many ended orders more, with all that is stored of them anywhere, made within the last hour. Their events
    count as not yet published, but lie where the relay does not look; a second
    call needs another first position, or they collide."""
    originals = _originals(stack)
    with psycopg2.connect(stack.database_url("orders_db")) as connection, connection.cursor() as cursor:
        def finished():
            cursor.execute("SELECT count(*) FROM sagas WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL", (originals,))
            return cursor.fetchone()[0] == len(set(originals))
        wait_until(finished, "the orders to be told of", 20)
    first_ms = time.time_ns() // 1_000_000 - 3_600_000
    for database, copy in (("orders_db", lambda cursor: _copy_orders(cursor, first_position)),
                           ("payment_db", _copy_charges), ("inventory_db", _copy_reservations),
                           ("notification_db", _copy_notices)):
        connection = psycopg2.connect(stack.database_url(database))
        with connection, connection.cursor() as cursor:
            cursor.execute(IDS, (first_ms, originals, count))
            copy(cursor)
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE")
        connection.close()
