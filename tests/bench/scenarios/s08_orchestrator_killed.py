"""kill -9 of the only orchestrator, which is started again at once, and of one of three, at 70 %: how long until every saga
that was open has ended, beyond the lease."""

import os
import signal
import time

from bench.harness.database import Database
from bench.harness.session import after, figure
from support.waiting import wait_until

LEASE = 5.0  # seconds, the default
OPEN = "SELECT id::text FROM sagas WHERE finished_at IS NULL"
STILL = "SELECT count(*) FROM sagas WHERE id = ANY(%s::uuid[]) AND finished_at IS NULL"


def kill(session, seconds):
    """Returns how many sagas were open, and the seconds until all of them had ended."""
    victim = session.stack.orchestrators[-1]
    with Database(session.stack, "orders_db") as database:
        after(2 + seconds / 3)
        os.kill(victim.pid, signal.SIGKILL)
        killed = time.monotonic()
        sagas = [saga for (saga,) in database.rows(OPEN)]
        victim.start(wait=False)
        wait_until(lambda: database.rows(STILL, sagas)[0][0] == 0, f"{len(sagas)} open sagas to end", 120, every=0.02)
        return {"open": len(sagas), "seconds": time.monotonic() - killed}


def run(session):
    measurements, figures = {}, []
    seconds = max(8.0, min(30.0, session.seconds))
    for replicas in (1, 3):
        session.scale(replicas)
        label = f"1 of {replicas}"
        result = session.bench.audited(0.7 * session.s1, seconds, during=lambda: kill(session, seconds))
        measurements[label] = result
        took = result["during"]["seconds"]
        figures += [figure(f"{label}: open sagas", result["during"]["open"]),
                    figure(f"{label}: all ended after", took, "s"),
                    figure(f"{label}: beyond the lease", took - LEASE, "s", ("<=", 1))]
    session.scale(1)
    return {"measurements": measurements, "figures": figures}
