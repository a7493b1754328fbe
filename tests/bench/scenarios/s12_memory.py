"""Orders that have started and wait for a slow provider: the orchestrator's memory for each, those whose call is out apart."""

from bench.harness import cpu, database
from bench.harness.session import figure
from support.waiting import wait_until

CALLS = 4000  # the default bound on calls that are out
# Calls give up soon and are not repeated for long, so that all orders are under way and few calls are.
WAITING = {"PAYMENT_LATENCY": "9m", "PAYMENT_TIMEOUT": "10m", "ATTEMPT_TIMEOUT": "2s", "BACKOFF_INITIAL": "3m",
           "BACKOFF_CAP": "3m"}
NOT_STARTED = "SELECT count(*) FROM sagas WHERE finished_at IS NULL AND deadline_at IS NULL"


def resident(session):
    """Bytes."""
    return 1024 * cpu.status(session.stack.orchestrator.pid, "VmRSS")


def place(session, count):
    rate = min(count, 0.8 * session.s1)
    return session.bench.load(rate, count / rate, warm=0, drain=0.1)


def run(session):
    bench, count = session.bench, session.asked.in_flight
    bench.use(**WAITING)
    measurements = {}
    with database.Database(session.stack, "orders_db") as orders:
        def started():
            return orders.rows(NOT_STARTED)[0][0] == 0
        empty = resident(session)
        measurements["calls out"] = place(session, CALLS)
        wait_until(started, "the first orders to start", 120, every=0.2)
        some = resident(session)
        measurements["in flight"] = place(session, count - CALLS)
        wait_until(started, "all orders to start", 600, every=0.5)
        many = resident(session)
    ours = sum(cpu.status(session.stack.parts[name].pid, "VmRSS") for name in cpu.OURS) / 1024
    bench.use()
    bench.wait_idle(600)
    return {"measurements": measurements, "figures": [
        figure("before", empty / 1e6, "MB"), figure(f"{CALLS} in flight", some / 1e6, "MB"),
        figure(f"{count} in flight", many / 1e6, "MB"),
        figure("of each of the first, calls included", (some - empty) / CALLS / 1000, "kB"),
        figure("of each more in flight", (many - some) / (count - CALLS) / 1000, "kB", ("<=", 4)),
        figure("all our processes", ours, "MB")]}
