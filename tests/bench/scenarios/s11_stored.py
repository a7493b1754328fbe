"""10,000 stored orders against a million: CPU per order at 70 %, and the scan for open sagas after a start."""

import time

from bench.harness import database
from bench.harness.bench import total_us
from bench.harness.session import figure
from support.stack import ROOT
from support.stored_orders import store_orders
from support.waiting import wait_until

OPEN = 1000
SCANS = ("open", "open_counts")
SLOW = {"PAYMENT_LATENCY": "9m", "PAYMENT_TIMEOUT": "10m"}


def statements():
    """What an owner asks when it gets a shard, as the programs have it."""
    named = (ROOT / "orchestrator" / "adapters" / "pg" / "sql" / "sagas.sql").read_text().split("-- name: ")
    texts = dict(part.split("\n", 1) for part in named[1:])
    return [texts[name].replace("$1", "%s") for name in SCANS]


def scan(session):
    """Milliseconds to find the open sagas of all shards, the best of five; and how many."""
    best, found = float("inf"), 0
    with database.Database(session.stack, "orders_db") as orders:
        shards = [shard for (shard,) in orders.rows("SELECT shard FROM shards ORDER BY shard")]
        for _ in range(5):
            began, found = time.monotonic(), 0
            for shard in shards:
                rows, _ = [orders.rows(sql, shard) for sql in statements()]
                found += len(rows)
            best = min(best, 1000 * (time.monotonic() - began))
    return best, found


def scan_with_open(session):
    session.bench.use(**SLOW)
    session.bench.load(500, OPEN / 500, warm=0, drain=0.1)
    with database.Database(session.stack, "orders_db") as orders:
        wait_until(lambda: orders.rows("SELECT count(*) FROM sagas WHERE finished_at IS NULL AND phase = 'forward'")[0][0]
                   >= OPEN, f"{OPEN} orders to have started", 30)
    result = scan(session)
    session.bench.use()
    session.bench.wait_idle()
    return result


def run(session):
    rate, seconds = 0.7 * session.s1, session.seconds
    few = min(10_000, session.asked.stored // 10)
    session.bench.load(rate, min(10, seconds))  # not measured
    store_orders(session.stack, few)
    session.checkpoint()
    small = session.bench.audited(rate, seconds)
    store_orders(session.stack, session.asked.stored - few, first_position=10_000_000)
    session.checkpoint()
    large = session.bench.audited(rate, seconds)
    milliseconds, found = scan_with_open(session)
    return {"measurements": {f"{few} stored": small, f"{session.asked.stored} stored": large}, "figures": [
        figure(f"CPU/order, {few} stored", total_us(small), "us"),
        figure(f"CPU/order, {session.asked.stored} stored", total_us(large), "us"),
        figure("ratio", total_us(large) / total_us(small), "", ("<=", 1.05)),
        figure(f"scan for {found} open sagas", milliseconds, "ms", ("<=", 20))]}
