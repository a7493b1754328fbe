"""How many orders a second this machine sustains just now: a burst through the whole stack, events and their checks too."""

import json
import time
import uuid

from .http_load import HttpLoad
from .load import MIX

WARM_UP = 100
BURST = 400


def sustained_rate(stack, subscriber):
    """Orders a second, each from POST to its last event. The stack must be whole and idle, else it says too little."""
    _burst(stack, subscriber, WARM_UP)
    started = time.monotonic()
    _burst(stack, subscriber, BURST)
    return BURST / (time.monotonic() - started)


def _burst(stack, subscriber, count):
    orders = (MIX[number % len(MIX)] for number in range(count))
    jobs = [("POST", "/api/v1/orders", {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"},
             {"item_id": item_id, "quantity": quantity, "user_email": email}) for item_id, quantity, email, _ in orders]
    answers = HttpLoad(stack, jobs).run()
    subscriber.wait_for_end([json.loads(body)["order_id"] for _, _, body in answers])
