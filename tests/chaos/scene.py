"""The stage of a chaos run: a stack of its own, the listener, the customers, and the moment when all has settled."""

import random
import time

import psycopg2

from support.stack import Stack

from .customers import Customers
from .evidence import Databases, Evidence
from .listener import Listener

# Small times, so that budgets end, leases change hands and back-offs repeat within a run of minutes.
SETTINGS = {"LEASE": "2s", "PAYMENT_DECLINE_RATE": "0.05", "PAYMENT_TIMEOUT": "1s", "ATTEMPT_TIMEOUT": "2s",
            "PAYMENT_BUDGET": "30s", "INVENTORY_BUDGET": "30s", "BACKOFF_CAP": "3s"}
UNSETTLED = """SELECT (SELECT count(*) FROM sagas WHERE phase <> 'finished'),
                      (SELECT coalesce(sum(next_position - 1 - relayed_position), 0) FROM shards),
                      (SELECT count(*) FROM outbox)"""


class Scene:
    def __init__(self, seed):
        latency = random.Random(f"{seed}/latency").randint(100, 200)
        self.stack = Stack(replicas=2, PAYMENT_LATENCY=f"{latency}ms", PAYMENT_SEED=str(seed), **SETTINGS)
        self.log = self.stack.folder / "log"
        self.log.mkdir()
        self.listener = None
        self.customers = None

    def start(self, seed):
        self.stack.start()
        self.listener = Listener(self.stack.amqp_url, self.log / "chaos-events.jsonl")
        self.listener.start()
        port = int(self.stack.environment["GATEWAY_PORT"])
        self.customers = Customers(port, self.log / "chaos-customers.jsonl", seed)

    def settle(self, seconds):
        """Until every order has ended, every event is relayed and heard. Returns how long it took; the judge says what
        is missing when the time is over."""
        begun = time.monotonic()
        connection = psycopg2.connect(self.stack.postgres.url, dbname="orders_db")
        connection.autocommit = True
        with connection.cursor() as cursor:
            while time.monotonic() < begun + seconds:
                cursor.execute(UNSETTLED)
                unfinished, unrelayed, written = cursor.fetchone()
                if unfinished == unrelayed == 0 and len(self.listener.distinct) >= written:
                    break
                time.sleep(0.2)
        connection.close()
        return time.monotonic() - begun

    def databases(self):
        return Databases(self.stack.postgres.url)

    def evidence(self, databases):
        return Evidence(databases, self.customers.purchases, self.listener.deliveries, self.stack.mailbox)

    def keep_logs(self, target):
        self.stack.keep_logs(target)

    def close(self):
        if self.listener is not None and self.listener.thread.is_alive():
            self.listener.stop()
        self.stack.close()
