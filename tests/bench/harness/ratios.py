"""What two trees cost at the same load, as ratios. Pure."""

import math
import statistics

from . import report

UNITS = {"wal_bytes": "WAL, bytes"}


def of_a_load(result, counted):
    """One load as {line: figure}: CPU and counts per order, latencies and the rate as they are."""
    orders = max(1, result["accepted"])
    parts = {name: us for name, us in result["cpu_us_per_order"].items() if name not in ("generator", "others")}
    latency = result["answer_ms"] if result.get("alone") else result["decided_ms"]
    figures = {"CPU us": sum(parts.values()), **{f"  {name}": us for name, us in parts.items()},
               "p50 ms": latency["p50"], "p99 ms": latency["p99"], "ended/s": result["ended_per_s"]}
    for name, count in counted.items():
        figures[UNITS.get(name, name)] = count if name.endswith("turn size") else count / orders
    return figures


def summary(pairs):
    """pairs: [(base, after)] of the rounds, each as of_a_load(). {line: (median of base, of after, middle ratio, lowest, highest)}.
    The middle is the geometric mean, so that it does not matter which of the two is divided by which."""
    lines = {}
    for name in pairs[0][0]:
        both = [(base[name], after[name]) for base, after in pairs if name in base and name in after]
        ratios = [after / base for base, after in both if base > 0 and after > 0]
        middle = math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None
        lines[name] = (statistics.median(base for base, _ in both), statistics.median(after for _, after in both), middle,
                       min(ratios, default=None), max(ratios, default=None))
    return lines


def text(label, pairs):
    """A table as lines: one order at a load."""
    rows = [(label, "base", "after", "after/base", "of each round")]
    for name, (base, after, middle, low, high) in summary(pairs).items():
        ratio = ("-", "") if middle is None else (f"{middle:.3f}", f"{low:.3f} to {high:.3f}")
        rows.append((name, report.number(base), report.number(after), *ratio))
    return "\n".join(report.table(rows))
