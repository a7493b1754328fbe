"""What an order costs at the maximum and at 70 % of it: commits, WAL flushes, WAL, rows and CPU of each process."""

from bench.harness import database, model
from bench.harness.bench import total_us
from bench.harness.session import figure


def cost(session, rate):
    """A load with the database's counters around it, each read when the sessions have told what they counted."""
    before, rows_before = database.settled_counters(session.stack), database.rows_written(session.stack)
    result = session.bench.audited(rate, session.seconds)
    after, rows_after = database.settled_counters(session.stack), database.rows_written(session.stack)
    orders = result["accepted"]
    result["per_order"] = {name: (getattr(after, name) - getattr(before, name)) / orders for name in before._fields}
    result["rows_per_order"] = {table: round((count - rows_before.get(table, 0)) / orders, 3)
                                for table, count in rows_after.items() if count - rows_before.get(table, 0) > orders / 20}
    return result


def figures(label, session, result, goals):
    per = result["per_order"]
    cpu = total_us(result)
    return [figure(f"{label}: commits/order", per["commits"], "", ("<=", 1.5) if goals else None),
            figure(f"{label}: WAL flushes/order", per["flushes"], "", ("<=", 1.2) if goals else None),
            figure(f"{label}: WAL/order", per["wal_bytes"] / 1000, "kB"),
            figure(f"{label}: rows/order", sum(result["rows_per_order"].values())),
            figure(f"{label}: CPU/order", cpu, "us"),
            figure(f"{label}: CPU of unbatched parts", cpu / model.parts_us(session.yardsticks))]


def run(session):
    highest = cost(session, session.s1)
    less = cost(session, 0.7 * session.s1)
    return {"measurements": {"maximum": highest, "at 70 %": less},
            "figures": [*figures("maximum", session, highest, True), *figures("70 %", session, less, False)]}
