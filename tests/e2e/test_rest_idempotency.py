"""One key, one order: whatever is sent how often, at once, and with the gateway killed in between.

1,000 keys ten times each; ORDERSAGA_LONG=1 makes it 10,000 keys."""

import os
import random
import threading
import uuid

import pytest

from support.http_load import HttpLoad
from support.waiting import wait_until

KEYS = 10_000 if os.environ.get("ORDERSAGA_LONG") else 1_000
COPIES = 10


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def orders_of(rest, email):
    cursor, count = "", 0
    while True:
        page = rest.call("GET", f"/api/v1/orders?limit=100&user_email={email.replace('+', '%2B')}{cursor}").json
        count += len(page["data"])
        if not page["has_more"]:
            return count
        cursor = f"&cursor={page['next_cursor']}"


def test_every_key_makes_exactly_one_order(stack, rest, mended):
    run = uuid.uuid4().hex[:12]
    email = f"fast+{run}@card.test"
    jobs = [("POST", "/api/v1/orders", {"Idempotency-Key": f"{run}-{number}"},
             {"item_id": "product-selftest", "quantity": number % 3 + 1, "user_email": email})
            for number in range(KEYS) for _ in range(COPIES)]
    # Near each other, so that twins meet, but not side by side.
    shuffled = sorted(range(len(jobs)), key=lambda i: i + random.Random(i).uniform(0, 40 * COPIES))
    load = HttpLoad(stack, [jobs[i] for i in shuffled], connections=64)
    sender = threading.Thread(target=load.run)
    sender.start()
    for part in (0.2, 0.5, 0.8):
        wait_until(lambda: load.done >= part * len(jobs) or not sender.is_alive(), "the load to get on", 600)
        stack.gateway.kill()
        stack.gateway.start()
    sender.join(600)
    assert load.done == len(jobs), f"{load.done} answers of {len(jobs)}"
    assert load.repeats > 0, "the kills were not noticed"

    bodies = {}
    for position, (status, headers, body) in zip(shuffled, load.answers):
        assert status == 202, (status, body)
        bodies.setdefault(position // COPIES, set()).add(body)
    assert all(len(of_key) == 1 for of_key in bodies.values())
    assert len({body for of_key in bodies.values() for body in of_key}) == KEYS
    assert orders_of(rest, email) == KEYS
    # A different order under a used key is refused still.
    answer = rest.call("POST", "/api/v1/orders", {**jobs[0][3], "quantity": 9}, {"Idempotency-Key": f"{run}-0"})
    assert answer.status == 422 and answer.json["code"] == "IDEMPOTENCY_KEY_REUSED"
