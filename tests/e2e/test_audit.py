"""sagactl audit: clean after a mixed load with a kill in it; damage done behind the services' backs is found and named."""

import json
import subprocess

import psycopg2
import pytest

from support.load import Load


@pytest.fixture
def audit(stack):
    def run(*arguments):
        done = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "--address", stack.orchestrator.url, "audit",
                               "--payment", stack.payment.url, "--inventory", stack.inventory.url, "-o", "json",
                               *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr
    return run


@pytest.fixture
def damaged(stack):
    """Runs a statement on a service's database, and its opposite when the test ends."""
    undo = []

    def run(database, statement, *values):
        with psycopg2.connect(stack.database_url(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount == 1, statement

    def damage(database, statement, back, *values):
        run(database, statement, *values)
        undo.append((database, back, *values))
    yield damage
    for entry in reversed(undo):
        run(*entry)


@pytest.fixture
def completed(rest, subscriber):
    order_id = rest.place("product-selftest", 2)
    assert rest.wait_ended(order_id) == "COMPLETED"
    return order_id


def rules_of(found, order_id):
    return {violation["rule"] for violation in found["violations"] if violation["order_id"] == order_id}


def test_clean_after_a_mixed_load_with_a_kill(stack, rest, audit, subscriber, mended):
    load = Load(rest, 120).start()
    stack.orchestrator.kill()
    stack.orchestrator.start()
    load.join()
    for order_id, status in load.expected.items():
        assert rest.wait_ended(order_id, 60) == status
    code, found = audit("--since", "2m")
    assert (code, found["violations"]) == (0, []), found
    assert found["orders"] >= 120
    assert found["effects"] >= 120


def test_one_order(audit, completed):
    code, found = audit("--order", completed)
    assert code == 0, found
    assert (found["orders"], found["effects"], found["clean"]) == (1, 2, True)


def test_an_order_that_is_not_there(audit):
    assert audit("--order", "00000000-0000-7000-8000-000000000000")[0] == 3


def test_a_changed_transfer_is_found(audit, damaged, completed):
    key = f"{completed}/payment/action"
    damaged("payment_db", "UPDATE transfers SET amount_minor = amount_minor - 1 WHERE charge_key = %s",
            "UPDATE transfers SET amount_minor = amount_minor + 1 WHERE charge_key = %s", key)
    code, found = audit("--since", "5m")
    assert code == 1
    assert rules_of(found, completed) == {"money"}, found


def test_a_changed_stock_is_found(audit, damaged, completed):
    before = rules_of(audit()[1], "product-selftest")
    assert before == set()
    damaged("inventory_db", "UPDATE products SET stock = stock - 1 WHERE item_id = %s",
            "UPDATE products SET stock = stock + 1 WHERE item_id = %s", "product-selftest")
    code, found = audit()
    assert code == 1
    assert rules_of(found, "product-selftest") == {"stock"}, found


def test_a_changed_status_is_found(audit, damaged, completed):
    damaged("orders_db", "UPDATE sagas SET status = 'CANCELLED' WHERE id = %s::uuid",
            "UPDATE sagas SET status = 'COMPLETED' WHERE id = %s::uuid", completed)
    code, found = audit("--order", completed)
    assert code == 1
    assert {"orders", "money", "stock", "effects", "events"} >= rules_of(found, completed) >= {"money", "stock"}, found


def test_a_lost_event_is_found(stack, audit, completed):
    with psycopg2.connect(stack.database_url("orders_db")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE outbox SET sequence = 90 WHERE order_id = %s::uuid AND sequence = 2", (completed,))
    assert rules_of(audit("--order", completed)[1], completed) == {"events"}
    with psycopg2.connect(stack.database_url("orders_db")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE outbox SET sequence = 2 WHERE order_id = %s::uuid AND sequence = 90", (completed,))


def test_nobody_there(stack):
    done = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "audit", "--payment", "127.0.0.1:1"],
                          env={"SAGACTL_ADDRESS": stack.orchestrator.url, "INVENTORY_ADDRESS": stack.inventory.url},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5, done.stderr
    assert "payment" in done.stderr
