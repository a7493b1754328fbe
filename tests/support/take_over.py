"""An owner of shards dies, and the time is taken until its sagas go on elsewhere."""

import os
import signal
import time

from .waiting import wait_until


def kill_owner(orders_db, victim, seconds=30):
    """kill -9. Returns the seconds until every shard it owned has another owner and every saga that was open in them has
    moved on; and how many those were."""
    pid = victim.pid
    shards = orders_db.shards_of(victim)
    assert shards, f"{victim.name} owns nothing"
    before = orders_db.owners()
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    sagas = orders_db.open_sagas(shards)

    def gone_on():
        now = orders_db.owners()
        return all(now[shard][1] > before[shard][1] for shard in shards) and orders_db.count_at_rest(sagas) == 0
    wait_until(gone_on, f"the {len(shards)} shards of {victim.name} and {len(sagas)} sagas to go on", seconds, every=0.01)
    return time.monotonic() - killed, len(sagas)


def percentile(times, percent):
    """The smallest of the times that so many percent do not exceed."""
    ordered = sorted(times)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
