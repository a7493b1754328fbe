"""sagactl audit against corruption by hand: ended orders of every kind, and one lie at a time in one of the databases.
Each has to be found, and to be named. tests/support/corruptions.py is the table."""

import contextlib
import json
import subprocess

import psycopg2
import pytest

from support.clients import Grpc, Rest
from support.corruptions import CORRUPTIONS, UNSEEN
from support.stack import Stack
from support.waiting import wait_until

# Gives up soon, and an audit waits for standing sagas no longer than it must.
IMPATIENT = {"ATTEMPT_TIMEOUT": "1s", "PAYMENT_TIMEOUT": "500ms", "PAYMENT_BUDGET": "3s", "INVENTORY_BUDGET": "3s",
             "BACKOFF_INITIAL": "50ms", "BACKOFF_CAP": "200ms", "LEASE": "1s"}
# In an order in which they can be filled again.
TABLES = {"orders_db": ("sagas", "journal", "outbox"), "payment_db": ("effects", "transfers"),
          "inventory_db": ("products", "effects", "restocks"), "notification_db": ("effects",)}


class Sound:
    """A stack whose orders have ended, with what its databases say."""

    def __init__(self, stack):
        self.stack = stack
        self.orders = {}
        self.databases = {}

    def audit(self, *arguments):
        """The exit code and what was found; what was said instead if there is no finding."""
        stack = self.stack
        done = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "--address", stack.orchestrator.url, "audit",
                               "--payment", stack.payment.url, "--inventory", stack.inventory.url,
                               "--notification", stack.notification.url, "-o", "json", *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def remember(self):
        for name, tables in TABLES.items():
            self.databases[name] = psycopg2.connect(self.stack.database_url(name))
            self.databases[name].autocommit = True
            with self.databases[name].cursor() as cursor:
                for table in tables:
                    cursor.execute(f"CREATE TEMPORARY TABLE saved_{table} AS TABLE {table}")

    @contextlib.contextmanager
    def corrupted(self, corruption):
        order_id = self.orders[corruption.order]
        other = self.orders["other" if corruption.order != "other" else "completed"]
        with self.databases[corruption.database].cursor() as cursor:
            try:
                for statement in corruption.statements:
                    cursor.execute(statement.replace("{id}", order_id).replace("{other}", other))
                    assert cursor.rowcount > 0, f"nothing to corrupt: {statement}"
                yield corruption.found_under or order_id
            finally:
                self.restore(corruption.database)

    def restore(self, database):
        tables = TABLES[database]
        cursor = self.databases[database].cursor()
        cursor.execute("BEGIN")
        for table in reversed(tables):
            cursor.execute(f"DELETE FROM {table}")
        for table in tables:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM saved_{table}")
        cursor.execute("COMMIT")


def place_all(stack, rest, grpc, orders):
    """One order for each way to end, but for two."""
    orders["completed"] = rest.place("product-001", 2, "ann@example.com")
    orders["other"] = rest.place("product-002", 1, "ann@example.com")
    orders["two_lines"] = rest.call("POST", "/api/v1/orders", {
        "items": [{"item_id": "product-003", "quantity": 1}, {"item_id": "product-002", "quantity": 3}],
        "user_email": "ann@example.com"}).json["order_id"]
    orders["out_of_stock"] = rest.place("product-001", 999, "ann@example.com")
    orders["unknown_product"] = rest.place("no-such-product", 1, "ann@example.com")
    orders["declined"] = rest.place("product-002", 3, "decline@card.test")
    orders["payment_void"] = rest.place("product-002", 1, "timeout-then-nothing@card.test")
    for name, card in (("cancelled_void", "timeout-then-nothing"), ("cancelled_charged", "timeout-then-success")):
        orders[name] = rest.place("product-002", 1, f"{card}@card.test")
        wait_until(lambda name=name: grpc.charges(orders[name]), "payment to be asked")
        grpc.cancel(orders[name])
    grpc.inventory.Restock(grpc.inventory_pb.RestockRequest(idempotency_key="restock-1", item_id="product-001", quantity=7,
                                                            reason="more of them"), timeout=10)


def place_without_inventory(stack, rest, orders):
    stack.inventory.stop()
    orders["inventory_unknown"] = rest.place("product-002", 1, "ann@example.com")
    wait_until(lambda: "given up" in _journal(stack, orders["inventory_unknown"]), "inventory to be given up")
    stack.inventory.start()


def place_without_patience(stack, rest, orders):
    """One that misses its deadline, and one that waits for a person."""
    stack.orchestrator.restart(SAGA_DEADLINE="500ms", COMPENSATION_BUDGET="3s")
    orders["deadline"] = rest.place("product-002", 1, "timeout-then-nothing@card.test")
    orders["parked"] = rest.place("product-001", 999, "refund-fails-forever@card.test")
    wait_until(lambda: "parked" in _journal(stack, orders["parked"]), "a saga to be parked")


def _journal(stack, order_id):
    return subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "--address", stack.orchestrator.url, "show", order_id],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30).stdout


@pytest.fixture(scope="module")
def sound():
    with Stack(**IMPATIENT) as stack:
        stack.start(*(part for part in stack.parts if part != "rabbitmq"))  # orders end without it, and sooner
        rest, grpc = Rest(stack), Grpc(stack)
        sound = Sound(stack)
        place_all(stack, rest, grpc, sound.orders)
        for order_id in sound.orders.values():
            rest.wait_ended(order_id)
        place_without_inventory(stack, rest, sound.orders)
        place_without_patience(stack, rest, sound.orders)
        ended = {name: rest.wait_ended(order_id) for name, order_id in sound.orders.items() if name != "parked"}
        assert {name for name, status in ended.items() if status == "COMPLETED"} == {"completed", "other", "two_lines"}
        wait_until(lambda: _finished(stack, sound), "the orders to be told of")
        sound.remember()
        assert_clean(sound)
        yield sound
        assert_clean(sound)
        grpc.close()


def _finished(stack, sound):
    with psycopg2.connect(stack.database_url("orders_db")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sagas WHERE finished_at IS NOT NULL")
        return cursor.fetchone()[0] == len(sound.orders) - 1


def assert_clean(sound):
    code, found = sound.audit()
    assert code == 0, found
    assert found["violations"] == [], found


def names(violation, wanted):
    return wanted in violation["order_id"] or wanted in violation["what"]


def assert_found(corruption, wanted, code, found):
    assert code == 1, f"{corruption.name}: {found}"
    assert not found["clean"]
    telling = [violation for violation in found["violations"] if names(violation, wanted)]
    assert telling, f"{corruption.name}: {wanted} is not named in {found['violations']}"
    assert corruption.rule in {violation["rule"] for violation in telling}, f"{corruption.name}: {telling}"


@pytest.mark.parametrize("corruption", [c for c in CORRUPTIONS if not c.slow], ids=lambda corruption: corruption.name)
def test_found(sound, corruption):
    with sound.corrupted(corruption) as wanted:
        assert_found(corruption, wanted, *sound.audit())


def test_found_by_waiting(sound):
    """All at once: each costs the same few seconds."""
    slow = [corruption for corruption in CORRUPTIONS if corruption.slow]
    with contextlib.ExitStack() as stack:
        wanted = [(corruption, stack.enter_context(sound.corrupted(corruption))) for corruption in slow]
        code, found = sound.audit()
        for corruption, order_id in wanted:
            assert_found(corruption, order_id, code, found)


@pytest.fixture
def by_hand(sound):
    """For calls to payment that no saga makes: undone in the end."""
    grpc = Grpc(sound.stack)
    yield grpc
    grpc.close()
    sound.restore("payment_db")


def test_what_is_done_by_hand_is_a_violation_unless_it_is_allowed(sound, by_hand):
    """The largest amounts there are; and a part of an order's charge given back."""
    order_id, keys = sound.orders["completed"], ["by-hand-1", "by-hand-2"]
    for key in keys:
        by_hand.payment.Charge(by_hand.payment_pb.ChargeRequest(
            idempotency_key=key, order_id=order_id, user_email="fast@card.test",
            amount=by_hand.common_pb.Money(amount_minor=9_200_000_000_000_000_000, currency="USD")), timeout=10)
    part = by_hand.refund.RefundAmount(by_hand.payment_pb.RefundAmountRequest(
        idempotency_key="by-hand-part", charge_key=f"{order_id}/payment/action", order_id=order_id,
        amount=by_hand.common_pb.Money(amount_minor=100, currency="USD"), reason="scratched"), timeout=10)
    assert part.outcome == by_hand.common_pb.OUTCOME_APPLIED, part
    for scope in ((), ("--order", order_id), ("--since", "10m")):
        code, found = sound.audit(*scope)
        assert code == 1 and not found["clean"], found
        assert {violation["rule"] for violation in found["violations"]} == {"effects"}, found
        said = [violation["what"] for violation in found["violations"] if violation["order_id"] == order_id]
        for words in (*keys, "1.00 USD given back in part"):
            assert any(words in what for what in said), said
        code, found = sound.audit(*scope, "--foreign=allow")
        assert (code, found["violations"], found["foreign_effects"]) == (0, [], 3), found
        assert {effect["key"] for effect in found["foreign"]} == {*keys, f"{order_id}/payment/action"}


def test_a_charge_given_back_by_hand_says_what_is_missing(sound, by_hand):
    order_id = sound.orders["completed"]
    by_hand.refund.Refund(by_hand.payment_pb.RefundRequest(
        idempotency_key=f"{order_id}/payment/compensation", charge_key=f"{order_id}/payment/action", order_id=order_id),
        timeout=10)
    code, found = sound.audit("--order", order_id)
    assert code == 1
    said = [violation["what"] for violation in found["violations"]]
    assert "COMPLETED, and its charge is reversed" in said
    assert any("COMPLETED, and 100.00 USD of 100.00 USD is missing" in what for what in said), said


def test_the_one_that_nobody_can_see(sound):
    with sound.corrupted(UNSEEN):
        assert sound.audit()[0] == 0


def test_there_are_enough():
    assert len(CORRUPTIONS) >= 31 - 1 + 20
    assert len({corruption.name for corruption in CORRUPTIONS}) == len(CORRUPTIONS)
