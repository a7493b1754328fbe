"""A subscriber of its own: one durable queue bound to all keys of the three exchanges, declared before the first order.

It writes down every delivery, repeats too, acknowledges it then, and comes back when the broker does. It judges
nothing.
"""

import dataclasses
import json
import threading

import pika
import pika.exceptions

QUEUE = "chaos-judge"


@dataclasses.dataclass
class Delivery:
    exchange: str
    key: str
    message_id: str
    order_id: str   # the correlation id
    sequence: int   # the header
    persistent: bool
    content_type: str
    body: str


class Listener:
    def __init__(self, url, log_path):
        self.parameters = pika.URLParameters(url)
        self.parameters.heartbeat = 10
        self.deliveries = []
        self.connections = 0
        self.distinct = set()  # (order id, sequence)
        self.ready = threading.Event()
        self.stopping = threading.Event()
        self.log = open(log_path, "a", encoding="utf-8")
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        if not self.ready.wait(30):
            raise RuntimeError("the queue could not be declared")

    def stop(self):
        self.stopping.set()
        self.thread.join(30)
        self.log.close()

    def _run(self):
        while not self.stopping.is_set():
            try:
                connection = pika.BlockingConnection(self.parameters)
                self.connections += 1
                self._listen(connection)
                connection.close()
            except (pika.exceptions.AMQPError, OSError):
                self.stopping.wait(0.3)

    def _listen(self, connection):
        channel = connection.channel()
        channel.queue_declare(QUEUE, durable=True)
        for exchange in ("orders", "payments", "inventory"):
            channel.exchange_declare(exchange, "topic", durable=True)
            channel.queue_bind(QUEUE, exchange, "#")
        channel.basic_qos(prefetch_count=200)
        self.ready.set()
        for method, properties, body in channel.consume(QUEUE, inactivity_timeout=0.2):
            if method is not None:
                self._note(method, properties, body)
                channel.basic_ack(method.delivery_tag)
            if self.stopping.is_set():
                return

    def _note(self, method, properties, body):
        sequence = (properties.headers or {}).get("sequence")
        delivery = Delivery(method.exchange, method.routing_key, properties.message_id, properties.correlation_id,
                            None if sequence is None else int(sequence), properties.delivery_mode == 2,
                            properties.content_type, body.decode("utf-8", "backslashreplace"))
        self.deliveries.append(delivery)
        self.distinct.add((delivery.order_id, delivery.sequence))
        self.log.write(json.dumps(dataclasses.asdict(delivery)) + "\n")
