"""Sagas that need a person: parked for real, reported to whoever subscribes, looked into and given back with sagactl. And
what one order's bad luck - a row the database refuses, a participant that answers rubbish - must not do to the others."""

import concurrent.futures
import json
import re
import subprocess

import grpc as grpc_api
import psycopg2
import pytest

from support import stubs
from support.audit import audit
from support.stack import ROOT
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("mended")
# Gives up after a second, so that a test need not wait an hour for a person to be asked.
IMPATIENT = {"ATTEMPT_TIMEOUT": "1s", "PAYMENT_BUDGET": "1s", "INVENTORY_BUDGET": "1s", "COMPENSATION_BUDGET": "1s",
             "BACKOFF_INITIAL": "200ms", "BACKOFF_CAP": "300ms"}


@pytest.fixture
def orchestrator(stack, mended):
    """For tests that give it other settings."""
    yield stack.orchestrator
    stack.orchestrator.restart()


@pytest.fixture
def sagactl(stack):
    def run(*arguments):
        return subprocess.run([str(stack.build_dir / "bin" / "sagactl"), *arguments, "--address", stack.orchestrator.url],
                              env=stack.environment, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    return run


def saga_of(sagactl, order_id):
    done = sagactl("show", order_id, "-o", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def listed(sagactl, *arguments):
    done = sagactl("list", *arguments, "-o", "json")
    assert done.returncode == 0, done.stderr
    return [saga["id"] for saga in json.loads(done.stdout)["sagas"]]


def wait_parked(sagactl, order_id):
    """The saga, once it is parked."""
    wait_until(lambda: saga_of(sagactl, order_id)["saga"]["phase"] == "parked", f"{order_id} to be parked", 30)
    return saga_of(sagactl, order_id)


def test_a_refund_that_fails_parks_its_order_until_somebody_retries_it(stack, rest, grpc, subscriber, orchestrator, sagactl):
    """The provider refuses the first five refunds. One budget is good for fewer, so that a person is asked; each of his
    retries has a budget of its own."""
    orchestrator.restart(**IMPATIENT)
    before = {"product-001": grpc.stock("product-001")}
    order_id = rest.place("product-001", 999, "refund-fails-8@card.test")
    saga = wait_parked(sagactl, order_id)
    assert saga["saga"]["reason"], saga
    assert rest.status(order_id) == "PENDING", "CANCELLED before the refund is confirmed"
    assert orchestrator.metric("ordersaga_sagas_parked") == 1
    assert listed(sagactl, "--parked") == [order_id] == listed(sagactl, "--parked", "--user-email", "refund-fails-8@card.test")
    assert listed(sagactl, "--parked", "--user-email", "fast@card.test") == []
    assert sagactl("list", "--parked", "-o", "name").stdout == f"{order_id}\n"
    [line] = sagactl("list", "--parked", "-o", "jsonl").stdout.splitlines()
    assert json.loads(line)["id"] == order_id
    for by, key in (("parked", "COMPENSATION_EXHAUSTED"), ("step", "payment"), ("phase", "compensating"), ("status", "PENDING"),
                    ("reason", "OUT_OF_STOCK"), ("user-email", "refund-fails-8@card.test")):
        counted = json.loads(sagactl("count", "--parked", "--group-by", by, "-o", "json").stdout)
        assert [(group["key"], group["count"]) for group in counted["groups"]] == [(key, 1)], by
    assert re.match(r"SAGAS +COUNT +OLDEST\nopen +\d+ +20", sagactl("count").stdout)
    assert sagactl("count", "--user-email", "fast@card.test", "--parked").stderr == "No sagas match.\n"
    assert sagactl("count", "--group-by", "weather").returncode == 2
    subscriber.wait_for(order_id, "order.created", "payment.successful", "inventory.failed", "saga.needs_attention")
    why = json.loads(sagactl("why", order_id, "-o", "json").stdout)
    assert why["waits_for"] == "a person: COMPENSATION_EXHAUSTED" and why["next"] == ""
    assert why["trouble"].startswith("attempt ") and "payment's compensation" in why["trouble"]
    facts = {fact["step"]: fact["what"] for fact in why["facts"]}
    assert facts["payment"].startswith("done; being undone: 49950.00 USD, ") and facts["inventory"].startswith("rejected: ")
    assert [verb["name"] for verb in why["verbs"]] == ["retry", "settle"]
    said = sagactl("why", order_id).stdout
    assert f"sagactl retry {order_id} --reason" in said and "nothing comes by itself" in said

    retries = 0
    while rest.status(order_id) == "PENDING":
        retries += 1
        assert retries < 9
        done = sagactl("retry", order_id, "--reason", f"try {retries}", "--by", "ada", "-o", "json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"id": order_id, "verb": "retry", "done": True, "retried": True,
                                           "by": "local (ada)", "reason": f"try {retries}"}
        wait_until(lambda: saga_of(sagactl, order_id)["saga"]["phase"] in ("parked", "finished"), "it to try", 30)
    assert rest.status(order_id) == "CANCELLED"
    assert re.match(r"Order +\S+ is CANCELLED\nReason +OUT_OF_STOCK\nEnded +20", sagactl("why", order_id).stdout)
    assert orchestrator.metric("ordersaga_sagas_parked") == 0
    journal = [(entry["event"], entry["detail"]) for entry in saga_of(sagactl, order_id)["journal"]]
    assert [detail for event, detail in journal if event == "retry requested"] == [
        f"local (ada): try {number}" for number in range(1, retries + 1)]
    subscriber.wait_for_end([order_id])
    audit(stack, rest, grpc, subscriber, [order_id], before)

    again = sagactl("retry", order_id, "--reason", "once more", "--by", "ada")
    assert again.returncode == 4 and "nothing to retry" in again.stderr
    unknown = sagactl("retry", order_id[:-12] + "0" * 12, "--reason", "r", "--by", "ada")
    assert unknown.returncode == 3, unknown.stderr


def test_a_row_that_the_database_refuses_parks_that_order_alone(stack, rest, grpc, subscriber, sagactl):
    email = "fast+refused@card.test"
    before = {"product-selftest": grpc.stock("product-selftest")}
    database = psycopg2.connect(stack.database_url("orders_db"))
    database.autocommit = True
    cursor = database.cursor()
    # Its order can be stored, and its first step done; the row that says so is refused.
    cursor.execute("ALTER TABLE sagas ADD CONSTRAINT refused CHECK (user_email <> %s OR step = 0) "
                   "NOT VALID", (email,))
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:  # so that it shares its turns with others
            others = [pool.submit(rest.place, "product-selftest", 1) for _ in range(20)]
            bad = pool.submit(rest.place, "product-selftest", 1, email).result()
            others += [pool.submit(rest.place, "product-selftest", 1) for _ in range(20)]
            others = [order.result() for order in others]
        saga = wait_parked(sagactl, bad)
        assert saga["saga"]["reason"] == "BAD_ROW", saga
        for order_id in others:
            assert rest.wait_ended(order_id) == "COMPLETED"
        assert sum(phase == "parked" for phase in (saga_of(sagactl, order_id)["saga"]["phase"] for order_id in others)) == 0
    finally:
        cursor.execute("ALTER TABLE sagas DROP CONSTRAINT refused")
        database.close()
    assert sagactl("retry", bad, "--reason", "the constraint is gone", "--by", "ada").returncode == 0
    assert rest.wait_ended(bad) == "COMPLETED"
    subscriber.wait_for_end([bad, *others])
    audit(stack, rest, grpc, subscriber, [bad, *others], before)


# --- a participant that answers rubbish ----------------------------------------------------------------------------------

RUBBISH = "\x00\x1b[2J\x7f\u202e" + "so long " * 5000
PB = "ordersaga.inventory.v1.inventory"


class OddInventory:
    """In inventory's place. What it answers to a reservation depends on the item."""

    def __init__(self):
        inventory, common = stubs.pb(PB), stubs.pb("ordersaga.common.v1.common")
        self.released = set()

        def reserve(request, context):
            item = request.lines[0].item_id
            if item == "odd-error":
                context.abort(grpc_api.StatusCode.FAILED_PRECONDITION, RUBBISH[:3000])
            if item == "odd-bytes":  # field 1: rejected; field 2, a string: not UTF-8
                return b"\x08" + bytes([common.OUTCOME_REJECTED]) + b"\x12\x04\xff\xfe\x00\xc3"
            if item == "odd-text":
                return inventory.ReserveResponse(outcome=common.OUTCOME_REJECTED, reason=RUBBISH,
                                                 message=RUBBISH).SerializeToString()
            return inventory.ReserveResponse(outcome=common.OUTCOME_APPLIED,
                                             reservation_id=RUBBISH).SerializeToString()

        def release(request, _):
            self.released.add(request.order_id)
            return inventory.ReleaseResponse(stock_returned=False).SerializeToString()

        def listing(request, _):
            return inventory.ListProductsResponse().SerializeToString()

        def method(call, request_type):
            return grpc_api.unary_unary_rpc_method_handler(call, request_deserializer=request_type.FromString)
        self.server = grpc_api.server(concurrent.futures.ThreadPoolExecutor(8))
        self.server.add_generic_rpc_handlers([grpc_api.method_handlers_generic_handler(
            "ordersaga.inventory.v1.InventoryService",
            {"Reserve": method(reserve, inventory.ReserveRequest), "Release": method(release, inventory.ReleaseRequest),
             "ListProducts": method(listing, inventory.ListProductsRequest)})])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def close(self):
        self.server.stop(None)


def test_a_participant_that_answers_rubbish_spoils_only_what_it_answered(stack, rest, grpc, subscriber, orchestrator,
                                                                         sagactl, tmp_path):
    odd = OddInventory()
    program = tmp_path / "orchestrator"
    program.write_text(f'#!/bin/sh\nexec "{stack.build_dir}/bin/orchestrator" '
                       f'--inventory-address 127.0.0.1:{odd.port} "$@"\n')
    program.chmod(0o755)
    tmp_path.chmod(0o755)  # if root runs this, the orchestrator runs as another user
    orchestrator.restart(ORCHESTRATOR_BINARY=str(program), **IMPATIENT)
    try:
        orders = {item: rest.place(item, 1) for item in ("odd-error", "odd-bytes", "odd-text")}
        good = [rest.place("odd-but-fine", 1) for _ in range(10)]
        for item, order_id in orders.items():
            assert rest.wait_ended(order_id, 30) == "CANCELLED", item
            story = sagactl("show", order_id)
            assert story.returncode == 0 and "\x1b" not in story.stdout and "\u202e" not in story.stdout
            assert grpc.state_of(grpc.charge(order_id)) == "REVERSED"
        for order_id in good:
            assert rest.wait_ended(order_id, 30) == "COMPLETED"
        # Nobody can tell what became of that one, so it is undone; the others are refusals, however badly told.
        undone = {item for item, order_id in orders.items() if order_id in odd.released}
        assert undone == {"odd-error"}
        subscriber.wait_for_end([*orders.values(), *good])
        assert not subscriber.problems, subscriber.problems[:3]
    finally:
        orchestrator.settings.clear()
        orchestrator.stop()
        odd.close()


def test_one_parked_order_among_many_open_ones_is_found_by_index(stack, rest):
    """In a transaction that is taken back: twenty thousand copies of an order that are open, and one that is parked."""
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    def statement(name, **values):
        sql = (ROOT / "orchestrator/adapters/pg/sql/sagas.sql").read_text().split(f"-- name: {name}\n")[1].split(";")[0]
        for asked, value in (("{columns}", "*"), *((f"${number[1:]}", value) for number, value in values.items())):
            sql = sql.replace(asked, value)
        return sql
    found = (statement("list_parked", p1="NULL", p2="NULL", p3="50", p4="NULL"),
             statement("count_parked", p1="'parked'", p2="NULL"))
    connection = psycopg2.connect(stack.database_url("orders_db"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'sagas'")
            changed = {"id": "gen_random_uuid()", "idempotency_key": "gen_random_uuid()::text", "finished_at": "NULL",
                       "parked": "CASE n WHEN 1 THEN 'TESTED' ELSE '' END"}
            names = [name for (name,) in cursor.fetchall()]
            cursor.execute(f"INSERT INTO sagas ({', '.join(names)}) SELECT {', '.join(changed.get(name, name) for name in names)} "
                           f"FROM sagas, generate_series(1, 20000) AS n WHERE id = %s", (order_id,))
            cursor.execute("ANALYZE sagas")  # as autovacuum does
            for sql in found:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
                plan = cursor.fetchone()[0][0]["Plan"]
                assert plan["Actual Rows"] == 1 and plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, plan
    finally:
        connection.rollback()
        connection.close()
