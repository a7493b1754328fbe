"""A fourth step with real processes (docs/adding_a_step.md): an orchestrator composed with version 2 of the saga and a
loyalty service that it calls. Orders that began under version 1 end beside those of version 2."""

import json
import subprocess

import pika
import psycopg2
import pytest

from support.broker import Broker
from support.clients import Grpc, Rest
from support.orders_db import OrdersDb
from support.stack import Stack, free_ports
from support.waiting import wait_until

QUICK = {"ATTEMPT_TIMEOUT": "2s", "BACKOFF_INITIAL": "50ms", "BACKOFF_CAP": "500ms", "LEASE": "2s"}
OUT_OF_STOCK = ("product-001", 999)


class LoyaltyService:
    """The service beside the stack, with a database of its own."""

    def __init__(self, stack):
        self.stack = stack
        self.port, self.admin = free_ports(2)
        superuser = psycopg2.connect(stack.postgres.url)
        superuser.autocommit = True
        superuser.cursor().execute("CREATE ROLE loyalty_db LOGIN PASSWORD 'loyalty_db'")
        superuser.cursor().execute("CREATE DATABASE loyalty_db OWNER loyalty_db")
        superuser.close()
        self.process = None
        self.start()
        self.database = psycopg2.connect(stack.database_url("loyalty_db"))
        self.database.autocommit = True

    def start(self):
        with open(self.stack.folder / "log" / "loyalty.log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [str(self.stack.build_dir / "tests" / "bin" / "loyalty-service")], stdin=subprocess.DEVNULL, stdout=log,
                env={"DATABASE_URL": self.stack.database_url("loyalty_db"), "SERVER_PORT": str(self.port),
                     "ADMIN_PORT": str(self.admin)})

    def kill(self):
        self.process.kill()
        self.process.wait()

    def rows(self, sql):
        with self.database.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def points(self):
        """customer -> points"""
        return dict(self.rows("SELECT customer, points FROM points"))

    def close(self):
        self.database.close()
        self.kill()


@pytest.fixture(scope="module")
def stack():
    with Stack(**QUICK) as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def rest(stack):
    return Rest(stack)


@pytest.fixture(scope="module")
def orders_db(stack):
    database = OrdersDb(stack)
    yield database
    database.close()


@pytest.fixture(scope="module")
def loyalty_events(stack):
    """A queue of its own on the step's exchange, declared as subscribers do."""
    channel = Broker(stack).channel()
    channel.exchange_declare("loyalty", "topic", durable=True)
    channel.queue_declare("loyalty-events", durable=True)
    channel.queue_bind("loyalty-events", "loyalty", "#")
    channel.connection.close()
    return "loyalty-events"


@pytest.fixture(scope="module")
def orders(stack, rest, orders_db, loyalty_events):
    """Orders of both versions, all of them ended: name -> id. Their customers are <name>@example.com."""
    def place(name, item_id, quantity):
        return name, rest.place(item_id, quantity, f"{name}@example.com")

    stack.payment.stop()
    placed = dict(place(f"old-{i}", "product-002", 1) for i in range(3))
    placed.update([place("old-failing", *OUT_OF_STOCK)])
    stack.orchestrator.stop()
    loyalty = LoyaltyService(stack)
    stack.orchestrator.start(ORCHESTRATOR_BINARY=str(stack.build_dir / "tests" / "bin" / "loyalty-orchestrator"),
                             LOYALTY_ADDRESS=f"127.0.0.1:{loyalty.port}")
    placed.update(place(f"new-{i}", "product-002", 2) for i in range(3))
    placed.update([place("new-failing", *OUT_OF_STOCK)])
    loyalty.kill()
    stack.payment.start()
    wait_until(lambda: orders_db.rows("SELECT count(*) FROM journal WHERE event LIKE 'loyalty attempt%%'")[0][0] > 0,
               "an order to find loyalty dead", 20)
    loyalty.start()
    for order_id in placed.values():
        rest.wait_ended(order_id, 30)
    yield placed, loyalty
    loyalty.close()


def story(orders_db, order_id):
    return [key for key, in orders_db.rows(
        "SELECT routing_key FROM outbox WHERE order_id = %s ORDER BY sequence", order_id)]


def test_orders_end_by_the_version_they_began_with(rest, orders_db, orders):
    placed, _ = orders
    versions = dict(orders_db.rows("SELECT id::text, definition_version FROM sagas"))
    for name, order_id in placed.items():
        assert versions[order_id] == (1 if name.startswith("old") else 2), name
        assert rest.status(order_id) == ("CANCELLED" if name.endswith("failing") else "COMPLETED"), name
    assert story(orders_db, placed["old-0"]) == [
        "order.created", "payment.successful", "inventory.successful", "order.completed"]
    assert story(orders_db, placed["new-0"]) == [
        "order.created", "payment.successful", "loyalty.granted", "inventory.successful", "order.completed"]


def test_an_order_that_fails_later_gives_the_points_back(stack, orders_db, orders):
    placed, loyalty = orders
    assert story(orders_db, placed["new-failing"]) == [
        "order.created", "payment.successful", "loyalty.granted", "inventory.failed", "loyalty.returned",
        "payment.refunded", "order.cancelled"]
    assert loyalty.points() == {"new-0@example.com": 100, "new-1@example.com": 100, "new-2@example.com": 100,
                                "new-failing@example.com": 0}
    assert loyalty.rows("SELECT count(*) FROM effects") == [(4,)], "one grant for each order of version 2"
    grpc = Grpc(stack)
    assert grpc.state_of(grpc.charge(placed["new-failing"])) == "REVERSED"
    grpc.close()


def test_the_step_tells_subscribers_on_its_own_exchange(stack, loyalty_events, orders):
    placed, _ = orders
    connection = pika.BlockingConnection(pika.URLParameters(stack.amqp_url))
    told = []
    for method, _, body in connection.channel().consume(loyalty_events, auto_ack=True, inactivity_timeout=10):
        assert method is not None, f"only {told} came"
        told.append((method.routing_key, json.loads(body)["order_id"]))
        if len(told) == 5:
            break
    connection.close()
    granted = {(("loyalty.granted"), order_id) for name, order_id in placed.items() if name.startswith("new")}
    assert set(told) == granted | {("loyalty.returned", placed["new-failing"])}


def test_an_audit_knows_the_versions_it_was_built_with(stack, orders):
    placed, _ = orders

    def audit(program):
        return subprocess.run(
            [str(stack.build_dir / program), "--address", stack.orchestrator.url, "audit", "--payment",
             stack.payment.url, "--inventory", stack.inventory.url, "--notification", stack.notification.url],
            capture_output=True, text=True, timeout=60, check=False)

    clean = audit("tests/bin/loyalty-sagactl")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    older = audit("bin/sagactl")
    assert older.returncode == 1, older.stdout + older.stderr
    assert older.stdout.count("version 2 of the saga, which this program does not know") == 4, older.stdout
    assert placed["old-0"] not in older.stdout
