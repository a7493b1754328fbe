"""kill -9 of PostgreSQL at 70 %, started again at once: nothing acknowledged is lost, and how soon the full rate is back."""

import time

import psycopg2

from bench.harness.bench import Invalid
from bench.harness.session import after, figure
from support.waiting import wait_until


def accepts(stack):
    try:
        psycopg2.connect(stack.database_url("orders_db")).close()
    except psycopg2.Error:
        return False
    return True


def kill(session, seconds):
    """When it was killed and when it took connections again, by the monotonic clock."""
    after(2 + seconds / 3)
    session.stack.postgres.kill()
    killed = time.monotonic()
    session.stack.postgres.start(wait=False)
    wait_until(lambda: accepts(session.stack), "PostgreSQL to accept connections", 60, every=0.01)
    return {"killed": killed, "ready": time.monotonic()}


def seconds_to_full_rate(result):
    """From the first connection to the first whole second in which 95 % of what is offered ends."""
    ready = result["during"]["ready"] - result["began"]
    for second, ended in enumerate(result["timeline"]["ended"]):
        if second >= ready and ended >= 0.95 * result["offered_per_s"]:
            return second - ready
    raise Invalid("the full rate did not come back")


def run(session):
    seconds = max(12.0, min(45.0, session.seconds))
    result = session.bench.audited(0.7 * session.s1, seconds, drain=120, during=lambda: kill(session, seconds))
    session.bench.mend()
    return {"measurements": {"killed": result}, "figures": [
        figure("acknowledged and lost", result["open"], "", ("<=", 0)),
        figure("accepts connections after", result["during"]["ready"] - result["during"]["killed"], "s"),
        figure("full rate after that", seconds_to_full_rate(result), "s", ("<=", 5))]}
