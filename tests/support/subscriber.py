"""A subscriber as the demo's are: declares the exchanges and durable queues of its own, decodes one flat JSON object,
and holds every message to its published schema.

It runs on a thread of its own, acknowledges what it has handled, reconnects when the broker comes back, and drops
repeats by (order id, sequence), as docs/events.md tells subscribers to.
"""

import json
import threading
import time

import pika
import pika.exceptions

from .schemas import check_schema
from .waiting import wait_until

EXCHANGES = ("orders", "payments", "inventory")

# exchange, routing key -> the demo's fields and their types. More fields may be there.
DEMO_EVENTS = {
    ("orders", "order.created"): dict(order_id=str, item_id=str, quantity=int, user_email=str, status=str,
                                      created_at=str),
    ("payments", "payment.successful"): dict(order_id=str, item_id=str, quantity=int, user_email=str, amount=float,
                                             status=str, message=str, processed_at=str),
    ("payments", "payment.failed"): dict(order_id=str, item_id=str, quantity=int, user_email=str, reason=str,
                                         failed_at=str),
    ("payments", "payment.refunded"): dict(order_id=str, item_id=str, quantity=int, user_email=str, amount=float,
                                           reason=str, refunded_at=str),
    ("inventory", "inventory.successful"): dict(order_id=str, item_id=str, quantity=int, user_email=str, message=str,
                                                processed_at=str),
    ("inventory", "inventory.failed"): dict(order_id=str, item_id=str, quantity=int, user_email=str, reason=str,
                                            failed_at=str),
}


class Event:
    def __init__(self, method, properties, body):
        self.exchange = method.exchange
        self.key = method.routing_key
        self.text = body.decode("utf-8")
        self.body = json.loads(self.text)
        self.properties = properties
        self.headers = properties.headers or {}
        self.sequence = self.headers.get("sequence")
        self.order_id = self.body.get("order_id")
        self.arrived = time.monotonic()

    def __repr__(self):
        return f"{self.key}#{self.sequence}"


def check_flat(event):
    """Decodes as strictly as the demo's Go structs do; raises AssertionError with what is wrong. `items`, of orders with
    several lines, is an addition that they skip."""
    assert isinstance(event.body, dict), event.text
    nested = {name: value for name, value in event.body.items()
              if isinstance(value, (dict, list)) and name != "items"}
    assert not nested, f"{event} is not flat: {nested}"
    for name, kind in DEMO_EVENTS.get((event.exchange, event.key), {}).items():
        value = event.body.get(name)
        right = (isinstance(value, (int, float)) if kind is float else isinstance(value, kind))
        assert right and not isinstance(value, bool), f"{event}: field {name} is {value!r}, not {kind.__name__}"


class Subscriber:
    """With one_queue, a single queue takes everything: only then the broker keeps the order between exchanges."""

    def __init__(self, url, queue_prefix="e2e", one_queue=False, https=None):
        """https: what it believes of a broker that it reaches by amqps."""
        self.parameters = pika.URLParameters(url)
        if https is not None:
            self.parameters.ssl_options = pika.SSLOptions(https, "localhost")
        self.parameters.heartbeat = 20
        self.queue_prefix = queue_prefix
        self.one_queue = one_queue
        self.lock = threading.Lock()
        self.orders = {}     # order id -> {sequence: Event}
        self.arrivals = []   # every delivery, repeats too
        self.problems = []   # what a strict subscriber would have stumbled over
        self.bound = threading.Event()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        assert self.bound.wait(30), "the subscriber could not bind its queues"
        return self

    def stop(self):
        self.stopping.set()
        self.thread.join(10)

    def _run(self):
        while not self.stopping.is_set():
            try:
                connection = pika.BlockingConnection(self.parameters)
                channel = connection.channel()
                self._declare(channel)
                self.bound.set()
                while not self.stopping.is_set():
                    connection.process_data_events(time_limit=0.2)
                connection.close()
            except (pika.exceptions.AMQPError, OSError) as problem:
                if isinstance(problem, pika.exceptions.ChannelClosedByBroker):
                    self.problems.append(f"declare refused: {problem}")
                self.stopping.wait(0.2)  # the broker is away; tries again

    def _declare(self, channel):
        channel.basic_qos(prefetch_count=500)
        queues = set()
        for exchange in EXCHANGES:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False, internal=False, arguments=None)
            queue = self.queue_prefix if self.one_queue else f"{self.queue_prefix}.{exchange}"
            channel.queue_declare(queue, durable=True)
            channel.queue_bind(queue, exchange, "#")
            queues.add(queue)
        for queue in sorted(queues):
            channel.basic_consume(queue, self._take)

    def _take(self, channel, method, properties, body):
        try:
            event = Event(method, properties, body)
            check_flat(event)
            check_schema(event.key, event.body)
        except Exception as problem:  # whatever it is, it is the test's to see
            self.problems.append(repr(problem))
        else:
            with self.lock:
                self.arrivals.append(event)
                self.orders.setdefault(event.order_id, {}).setdefault(event.sequence, event)
        channel.basic_ack(method.delivery_tag)

    def events_of(self, order_id):
        """The order's events by sequence, without repeats."""
        with self.lock:
            return [event for _, event in sorted(self.orders.get(order_id, {}).items())]

    def outcome_of(self, order_id):
        """COMPLETED or CANCELLED, as its outcome event has it."""
        return next((event.body["status"] for event in self.events_of(order_id)
                     if event.key in ("order.completed", "order.cancelled")), None)

    def keys_of(self, order_id):
        return [event.key for event in self.events_of(order_id)]

    def wait_for(self, order_id, *keys, seconds=20):
        """Until the order's events are exactly these, in this order, numbered 1..n. Returns them."""
        wait_until(lambda: self.keys_of(order_id) == list(keys),
                   lambda: f"events {list(keys)} of {order_id}, have {self.events_of(order_id)}", seconds)
        events = self.events_of(order_id)
        assert [event.sequence for event in events] == list(range(1, len(keys) + 1)), events
        return events

    def count_repeats(self, order_ids):
        """With one queue: each order's events, repeats dropped, must have come as 1..n. Returns how many repeats came."""
        wanted = set(order_ids)
        first, repeats = {}, 0
        with self.lock:
            arrivals = [event for event in self.arrivals if event.order_id in wanted]
        for event in arrivals:
            seen = first.setdefault(event.order_id, [])
            if event.sequence in seen:
                repeats += 1
            else:
                seen.append(event.sequence)
        for order_id in wanted:
            seen = first.get(order_id, [])
            assert seen == list(range(1, len(seen) + 1)), f"{order_id} arrived as {seen}"
        return repeats

    def wait_for_end(self, order_ids, seconds=60):
        """Until each order has its outcome event and no hole before it."""
        def missing():
            return [order_id for order_id in order_ids if not self._has_ended(order_id)]
        wait_until(lambda: not missing(), lambda: f"all events of {len(missing())} of {len(order_ids)} orders, e.g. "
                   f"{[(order_id, self.events_of(order_id)) for order_id in missing()[:3]]}", seconds)

    def _has_ended(self, order_id):
        events = self.events_of(order_id)
        return (any(event.key in ("order.completed", "order.cancelled") for event in events)
                and [event.sequence for event in events] == list(range(1, len(events) + 1)))
