"""The stack's RabbitMQ as its operator sees it: rabbitmqctl, alarms, bindings."""

import subprocess

import pika

from .stack import ROOT
from .subscriber import EXCHANGES


class Broker:
    def __init__(self, stack):
        self.stack = stack

    def ctl(self, *arguments):
        script = f'source "{ROOT}/deploy/lib/stack.sh"; stack_load_settings; rabbitmq_ctl "$@"'
        done = subprocess.run(["bash", "-c", script, "rabbitmqctl", *arguments], env=self.stack.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def alarm(self, kind, on):
        """kind: memory or disk. While on, the broker reads nothing from publishers."""
        if kind == "memory":
            self.ctl("set_vm_memory_high_watermark", "0.0000001" if on else "0.4")
        else:
            self.ctl("set_disk_free_limit", "1000000GB" if on else "200MB")

    def channel(self):
        return pika.BlockingConnection(pika.URLParameters(self.stack.amqp_url)).channel()

    def bind_full_queue(self, queue):
        """A queue, bound to everything, that takes one message and has the broker refuse the rest."""
        channel = self.channel()
        channel.queue_declare(queue, durable=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        channel.connection.close()
        self.bind(queue)

    def delete(self, queue):
        channel = self.channel()
        channel.queue_delete(queue)
        channel.connection.close()

    def unbind(self, queue):
        channel = self.channel()
        for exchange in EXCHANGES:
            channel.queue_unbind(queue, exchange, "#")
        channel.connection.close()

    def bind(self, queue):
        channel = self.channel()
        for exchange in EXCHANGES:
            channel.queue_bind(queue, exchange, "#")
        channel.connection.close()
