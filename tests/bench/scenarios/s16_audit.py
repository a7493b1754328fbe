"""sagactl audit of everything that is stored, again and again, beside S1's full load."""

import time

from bench.harness.bench import WARM_SECONDS
from bench.harness.session import after, figure


def audits(session, seconds):
    """How many orders were audited a second, while the load runs. Open orders are no violation."""
    after(WARM_SECONDS)
    began, audited = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        audited += session.bench.audit_now()["orders"]
    return audited / (time.monotonic() - began)


def run(session):
    alone = session.bench.audited(session.s1, session.seconds)
    beside = session.bench.audited(session.s1, session.seconds, during=lambda: audits(session, session.seconds))
    return {"measurements": {"alone": alone, "audit beside": beside}, "figures": [
        figure("orders ended", beside["ended_per_s"], "/s"),
        figure("of the same without", beside["ended_per_s"] / alone["ended_per_s"], "", (">=", 0.95)),
        figure("p99 to COMPLETED", beside["decided_ms"]["p99"], "ms"),
        figure("audited meanwhile", beside["during"], "/s")]}
