"""kill -9 of RabbitMQ at 40 %, away for a minute: orders go on, and how fast their events follow when it is back."""

import time

from bench.harness import database
from bench.harness.session import after, figure
from support.waiting import wait_until

ENDED = "SELECT count(*) FROM sagas WHERE status <> 'PENDING' AND updated_at BETWEEN %s AND %s"
NOW = "SELECT clock_timestamp()"


def break_broker(session, before, down):
    """Orders ended a second before and during, and how the events that had piled up were worked off."""
    with database.Database(session.stack, "orders_db") as orders:
        after(2)
        first = orders.rows(NOW)[0][0]
        after(before)
        killed = orders.rows(NOW)[0][0]
        session.stack.rabbitmq.kill()
        after(down)
        back = orders.rows(NOW)[0][0]
        written, published = database.positions(orders)
        session.stack.rabbitmq.start(wait=False)
        wait_until(lambda: database.positions(orders)[1] > published, "the first event", 120, every=0.05)
        began, (_, start) = time.monotonic(), database.positions(orders)
        small = 4 * session.s1 * 0.4  # what a second brings

        def drained():
            made, out = database.positions(orders)
            return out if made - out <= small else None
        out = wait_until(drained, "the events to follow", 300, every=0.1)
        took = time.monotonic() - began
        rates = [orders.rows(ENDED, *window)[0][0] / (window[1] - window[0]).total_seconds()
                 for window in ((first, killed), (killed, back))]
    return {"before_per_s": rates[0], "during_per_s": rates[1], "piled_up": written - published,
            "drain_s": took, "drain_per_s": (out - start) / took}


def run(session):
    before, down = session.seconds / 2, min(60.0, session.seconds)
    result = session.bench.audited(0.4 * session.s1, before + 2 * down + 10, drain=180,
                                   during=lambda: break_broker(session, before, down))
    session.bench.mend()
    found = result["during"]
    return {"measurements": {"broker down": result}, "figures": [
        figure("orders/s during / before", found["during_per_s"] / found["before_per_s"], "", (">=", 0.95)),
        figure("events piled up", found["piled_up"]),
        figure("drained at", found["drain_per_s"], "/s"),
        figure("drained at / raw publish rate", found["drain_per_s"] / session.yardsticks["amqp_per_s"], "", (">=", 0.5)),
        figure("events lost", result["holes"], "", ("<=", 0))]}
