"""Counts of one order beside those that are written down. Pure."""

from . import report

TOLERANCE = 0.05


def differences(expected, found):
    """[(name, expected, found, share)] of those that are further off than TOLERANCE, or that only one of both knows."""
    apart = []
    for name in {**expected, **found}:
        was, now = expected.get(name, 0.0), found.get(name, 0.0)
        share = abs(now / was - 1) if was else float("inf")
        if now != was and share > TOLERANCE:
            apart.append((name, was, now, share))
    return apart


def text(expected, found, others):
    """All of them as lines; `others` are counted and not compared."""
    apart = {name for name, *_ in differences(expected, found)}
    rows = [("one order", "expected", "found", "", "")]
    for name in {**expected, **found}:
        was, now = expected.get(name, 0.0), found.get(name, 0.0)
        change = f"{100 * (now / was - 1):+.1f} %" if was else "new"
        rows.append((name, report.number(was), report.number(now), change, "DIFFERS" if name in apart else ""))
    rows += [(name, "", report.number(value), "", "not compared") for name, value in others.items()]
    return "\n".join(report.table(rows))
