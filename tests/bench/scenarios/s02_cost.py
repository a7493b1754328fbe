"""What an order costs from 2 to 100 % of S1's rate: CPU of each process, p50 and p99, commits, WAL, rows, turn sizes."""

from bench.harness import database, model, ratios
from bench.harness.counts import Counts
from bench.harness.session import figure

SHARES = (2, 10, 17, 20, 50, 70, 100)  # 17: a sixth, where dtm on the same cores has 70 % of its own highest rate
QUICK = (10, 20, 100)
MOST_P99 = {17: 8, 20: 8, 50: 12, 70: 20}  # times L
LONGEST = 8.0
LEAST_ORDERS = 60


def load(session, share):
    """One point: the load's result, and of one order at it "line" (see ratios.of_a_load()) and "rows"."""
    rate = session.s1 * share / 100
    counts, rows = Counts(session.stack), database.rows_written(session.stack)
    result = session.bench.load(rate, max(min(LONGEST, session.seconds), LEAST_ORDERS / rate))
    told = {**counts.sent(), **counts.told()}
    written = sum(database.rows_written(session.stack).values()) - sum(rows.values())
    return {**result, "line": {**ratios.of_a_load(result, told), "rows": written / result["accepted"]}}


def plots(lines):
    """For the page: what depends on the share of S1's rate."""
    cpu = [name for name in next(iter(lines.values())) if name == "CPU us" or name.startswith("  ")]
    sizes = [f"{name}: turn size" for name in ("orchestrator", "payment", "inventory", "notification")]
    named = {"CPU of an order, us": cpu, "ms to COMPLETED": ["p50 ms", "p99 ms"], "items of a turn": sizes,
             "counts of an order": ["commits", "flushes", "rows", "sends to RabbitMQ"]}
    return [{"title": title, "x_name": "% of S1", "log": title != "items of a turn",
             "series": {name.strip().removesuffix(": turn size"): [(share, line[name]) for share, line in lines.items()] for name in names}}
            for title, names in named.items()]


def figures(lines, session):
    """Of the shares that were measured."""
    serial, full = session.serial_ms(), lines[100]
    found = [figure("maximum: commits/order", full["commits"], "", ("<=", 1.5)),
             figure("maximum: WAL flushes/order", full["flushes"], "", ("<=", 1.2)),
             figure("maximum: WAL/order", full["WAL, bytes"] / 1000, "kB"), figure("maximum: rows/order", full["rows"]),
             figure("maximum: CPU of unbatched parts", full["CPU us"] / model.parts_us(session.yardsticks)),
             *(figure(f"{share} %: CPU/order", line["CPU us"], "us") for share, line in lines.items()),
             figure("CPU/order at 10 % / at 100 %", lines[10]["CPU us"] / full["CPU us"], "", ("<=", 2.5)),
             figure("20 %: commits/order", lines[20]["commits"], "", ("<=", 6))]
    found += [figure("17 %: p50 to COMPLETED / L", lines[17]["p50 ms"] / serial, "", ("<=", 4))] if 17 in lines else []
    return found + [figure(f"{share} %: p99 to COMPLETED / L", lines[share]["p99 ms"] / serial, "", ("<=", most))
                    for share, most in MOST_P99.items() if share in lines]


def run(session):
    results = {share: load(session, share) for share in (QUICK if session.asked.quick else SHARES)}
    session.bench.audit()
    lines = {share: result["line"] for share, result in results.items()}
    return {"measurements": {f"at {share} %": result for share, result in results.items()},
            "figures": figures(lines, session), "plots": plots(lines)}
