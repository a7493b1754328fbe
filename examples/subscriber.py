#!/usr/bin/python3
"""Prints every event of every order once. Needs Debian's python3-pika and a broker (deploy/up). Ctrl-C ends it."""
import json
import os

import pika

url = os.environ.get("RABBITMQ_URL", "amqp://admin:admin@localhost:5672/%2F")
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.queue_declare("example", durable=True)  # it keeps events while this program is away
for exchange in ("orders", "payments", "inventory"):
    channel.exchange_declare(exchange, "topic", durable=True)
    channel.queue_bind("example", exchange, "#")
seen = {}  # order id -> its highest sequence handled; a real subscriber keeps this where it keeps its own data


def handle(channel, method, properties, body):
    event = json.loads(body)
    if event["sequence"] > seen.get(event["order_id"], 0):  # otherwise a repeat
        seen[event["order_id"]] = event["sequence"]
        print(event["order_id"], event["sequence"], properties.type, flush=True)
    channel.basic_ack(method.delivery_tag)  # only now: what was not handled comes again


channel.basic_consume("example", handle)
try:
    channel.start_consuming()
except KeyboardInterrupt:
    pass
