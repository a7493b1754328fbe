"""A run as text. Pure."""

from . import model


YARDSTICK_HEAD = ("yardstick", "first", "last", "least", "most")
UNSTEADY = 0.15  # of the limit, from before a scenario to after it


def unsteady(found):
    """Scenarios during which the machine itself became faster or slower."""
    return [name for name, result in found["scenarios"].items() if result["drift"] > UNSTEADY]


def is_good(found):
    return not unsteady(found) and all(result["valid"] for result in found["scenarios"].values())


def number(value):
    """Short, and with as many digits as mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def table(rows, left=1):
    """Rows of texts as lines, the first so many columns to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) if i < left else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def figure_rows(found):
    """scenario, figure, value, unit, goal, met"""
    rows = []
    for name, result in found["scenarios"].items():
        if not result["valid"]:
            rows.append((name, f"no number: {result['why']}"[:160], "", "", "", ""))
            continue
        for figure in result["figures"]:
            met = {None: "", True: "met", False: "NOT met"}[figure["met"]] if result["drift"] <= UNSTEADY else "unsteady"
            rows.append((name, figure["name"], number(figure["value"]), figure["unit"], figure["goal"] or "", met))
    return rows


def load_rows(found):
    """scenario, measurement, offered/s, ended/s, p50, p99 and p99.9 to COMPLETED, p99 to the last event, refused, CPU us
    an order"""
    rows = []
    for name, result in found["scenarios"].items():
        for label, load in result["measurements"].items() if result["valid"] else ():
            decided = load["decided_ms"]
            used = sum(value for part, value in load["cpu_us_per_order"].items() if part not in ("generator", "others"))
            rows.append((name, label, number(load["offered_per_s"]), number(load["ended_per_s"]), number(decided["p50"]),
                         number(decided["p99"]), number(decided["p999"]), number(load["end_ms"]["p99"]), str(load["busy"] + load["failed"]), number(used)))
    return rows


def yardstick_rows(found):
    """what, first, last, least and most of all measurements"""
    every = found["yardsticks"]
    return [(key, *(number(value) for value in (every[0][key], every[-1][key], min(each[key] for each in every),
                                                max(each[key] for each in every)))) for key in sorted(every[0])]


def warning(found):
    """Of scenarios that do not count; empty if all do."""
    bad = unsteady(found)
    return bad and (f"UNSTEADY: {', '.join(bad)}: what the machine can do changed by more than {100 * UNSTEADY:.0f} % meanwhile; run "
                    "them again.")


def verdicts(found):
    """The run's own sentences."""
    lines = [f"PARTS {found['parts_per_s']:.0f}/s   L {found['serial_ms']:.2f} ms", model.formula(found["limit"])]
    if found["writeback_s"] > 5:
        lines.append(f"The kernel writes back what has changed after {found['writeback_s']:g} s (vm.dirty_expire_centisecs): expect "
                     "stalls of half a second; docs/operations.md, Database hosts.")
    if unsteady(found):
        lines.append(warning(found))
    bad = [name for name, result in found["scenarios"].items() if not result["valid"]]
    if bad:
        lines.append(f"NO NUMBER: {', '.join(bad)}")
    return lines


def text(found):
    lines = ["", *table([("", "", "value", "", "goal", ""), *figure_rows(found)], 2), ""]
    lines += table([("", "", "offered/s", "ended/s", "p50 ms", "p99 ms", "p99.9 ms", "event p99", "refused", "us/order"), *load_rows(found)], 2)
    lines += ["", *table([YARDSTICK_HEAD, *yardstick_rows(found)]), "", *verdicts(found)]
    return "\n".join(lines)
