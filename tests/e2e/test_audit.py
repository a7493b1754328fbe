"""sagactl audit: clean after and during a mixed load with a kill in it; damage done behind the services' backs is found and
named (all kinds of it: test_audit_table.py); servers that answer nothing are not clean."""

import concurrent.futures
import json
import subprocess

import grpc as grpc_api
import psycopg2
import pytest

from support.load import Load

SERVERS = ("address", "payment", "inventory", "notification")


@pytest.fixture
def sagactl_audit(stack):
    """Runs it as it stands. Other addresses by name."""
    def run(*arguments, **addresses):
        addresses = {"address": stack.orchestrator.url, "payment": stack.payment.url, "inventory": stack.inventory.url,
                     "notification": stack.notification.url, **addresses}
        flags = [f"--{name}={addresses[name]}" for name in SERVERS]
        done = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), flags[0], "audit", *flags[1:], "-o", "json",
                               *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr
    return run


@pytest.fixture
def audit(sagactl_audit):
    """Where other tests have called the services by hand."""
    return lambda *arguments: sagactl_audit("--foreign", "allow", *arguments)


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
def completed(rest, grpc, subscriber):
    order_id = rest.place("product-selftest", 2)
    assert rest.wait_ended(order_id) == "COMPLETED"
    grpc.wait_finished(order_id)  # or its last turn would mend what a test damages
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


def test_no_false_alarm_while_orders_are_under_way(stack, rest, audit, subscriber, mended):
    load = Load(rest, 200, rate=50).start()
    audits = 0
    while any(thread.is_alive() for thread in load.threads):
        if audits == 1:
            stack.orchestrator.kill()
            stack.orchestrator.start()
        code, found = audit("--since", "1m")
        audits += 1
        if code != 5 or audits != 2:  # the second finds the orchestrator just coming up
            assert code == 0, found
    load.join()
    for order_id in load.expected:
        rest.wait_ended(order_id, 60)
    assert audits > 1


def test_one_order(audit, completed):
    code, found = audit("--order", completed)
    assert code == 0, found
    assert (found["orders"], found["effects"], found["notices"], found["clean"]) == (1, 2, 1, True)


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


class Nothing(grpc_api.GenericRpcHandler):
    """Answers every call OK, with so many empty messages."""

    def __init__(self, messages):
        self.messages = messages

    def service(self, call):
        if call.method.rpartition("/")[2] == "CountStock":
            return grpc_api.unary_unary_rpc_method_handler(lambda request, context: b"")
        return grpc_api.unary_stream_rpc_method_handler(lambda request, context: iter([b""] * self.messages))


@pytest.fixture(params=(0, 1, 2))
def nothing(request):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        server = grpc_api.server(threads, handlers=(Nothing(request.param),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_answers_nothing_is_an_error(sagactl_audit, subscriber, completed, nothing, server):
    name = "orchestrator" if server == "address" else server
    for arguments in ((), ("--order", completed), ("--since", "1m")):
        code, said = sagactl_audit("--foreign", "allow", *arguments, **{server: nothing})
        assert code == 1 and isinstance(said, str), said
        assert f"{name}: the answer ended without saying that it is complete" in said


def test_nobody_there(sagactl_audit):
    for server in SERVERS:
        code, said = sagactl_audit(**{server: "127.0.0.1:1"})
        assert code == 5, said
        assert ("orchestrator" if server == "address" else server) in said


def test_addresses_from_the_environment(stack):
    done = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "audit", "--payment", "127.0.0.1:1"],
                          env={"SAGACTL_ADDRESS": stack.orchestrator.url, "INVENTORY_ADDRESS": stack.inventory.url,
                               "NOTIFICATION_ADDRESS": stack.notification.url},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5, done.stderr
    assert "payment" in done.stderr
