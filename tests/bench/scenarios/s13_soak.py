"""Half an hour at 70 %, ten minutes of it with a session that holds a snapshot: the last five minutes against the first."""

from bench.harness import database
from bench.harness.session import after, figure

SECONDS = 1800
PART = 300
DEAD = "SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables"


def hold_snapshot(session, seconds):
    """From a third of the time on, for a third of it: dead rows cannot be removed meanwhile."""
    after(seconds / 3)
    with database.Database(session.stack, "orders_db") as orders:
        orders.rows("BEGIN ISOLATION LEVEL REPEATABLE READ")
        orders.rows("SELECT count(*) FROM shards")
        after(seconds / 3)
        orders.rows("COMMIT")


def share(series, seconds, part):
    """What the last part has of what the first has."""
    first, last = series[5:5 + part], series[seconds - part:seconds]
    return (sum(last) / len(last)) / (sum(first) / len(first))


def run(session):
    result = session.bench.audited(0.7 * session.s1, SECONDS, during=lambda: hold_snapshot(session, SECONDS))
    with database.Database(session.stack, "orders_db") as orders:
        dead, live = orders.rows(DEAD)[0]
    used = [sum(parts) for parts in zip(*(series for name, series in result["cpu"]["percent"].items()
                                          if name not in ("generator", "others")))]
    timeline = result["timeline"]
    return {"measurements": {"soak": result}, "figures": [
        figure("orders/s, last / first 5 min", share(timeline["ended"], SECONDS, PART), "", (">=", 0.97)),
        figure("p99, last / first 5 min", share(timeline["p99_ms"], SECONDS, PART)),
        figure("CPU, last / first 5 min", share(used, SECONDS, PART)),
        figure("p99 of all", result["end_ms"]["p99"], "ms"),
        figure("dead rows / live rows at the end", int(dead) / max(1, int(live)))]}
