"""The operators' desk: what sagactl does to one order, what it refuses, and the log of it, which nobody alters unseen, not
even who owns the database."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

from support.audit import audit
from support.load import Load
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("slow_provider")
SLOW = "approve@card.test"  # after the latency


@pytest.fixture(scope="module")
def slow_provider(stack, rest):
    stack.payment.restart(PAYMENT_LATENCY="700ms")
    rest.wait_ended(rest.place("product-001", 1))  # who calls payment has noticed
    yield
    stack.payment.restart()


@pytest.fixture
def sagactl(stack):
    def run(*arguments, by="olga"):
        return subprocess.run([str(stack.build_dir / "bin" / "sagactl"), *arguments, "--address", stack.orchestrator.url,
                               "--by", by], env=stack.environment, text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=30)
    return run


@pytest.fixture
def key_file(stack):
    return str(stack.folder / "secrets" / "operator_log")


@pytest.fixture
def verify(sagactl, key_file):
    def run(*arguments):
        return sagactl("log", "verify", "--log-key-file", key_file, *arguments)
    return run


@pytest.fixture
def superuser(stack):
    connection = psycopg2.connect(stack.database_url("orders_db"))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def done(process):
    assert process.returncode == 0, process.stderr
    return process.stdout


def deeds(sagactl, *arguments):
    return json.loads(done(sagactl("log", *arguments, "-o", "json")))["deeds"]


def why(sagactl, order_id):
    return json.loads(done(sagactl("why", order_id, "-o", "json")))


def test_a_paused_order_waits_for_its_operator(rest, sagactl, subscriber):
    order_id = rest.place("product-001", 1, SLOW)
    done(sagactl("pause", order_id, "--reason", "the provider asked us to wait"))
    subscriber.wait_for(order_id, "order.created", "payment.successful")  # the answer under way is taken
    told = why(sagactl, order_id)
    assert told["waits_for"] == "an operator to resume it" and [verb["name"] for verb in told["verbs"]] == ["resume", "cancel"]
    refused = sagactl("retry", order_id, "--reason", "come on")
    assert refused.returncode == 4 and "possible now: resume, cancel" in refused.stderr, refused.stderr
    assert rest.status(order_id) == "PENDING"
    done(sagactl("resume", order_id, "--reason", "it is well again"))
    assert rest.wait_ended(order_id) == "COMPLETED"
    wait_until(lambda: why(sagactl, order_id)["waits_for"].startswith("nothing"), "the customer to be told")
    late = sagactl("pause", order_id, "--reason", "too late")
    assert late.returncode == 4 and "has finished" in late.stderr
    log = deeds(sagactl, "--order", order_id)
    assert [(deed["verb"], deed["by"], deed["reason"]) for deed in log] == [
        ("resume", "local (olga)", "it is well again"), ("pause", "local (olga)", "the provider asked us to wait")]
    assert log[1]["before"] == "forward at payment" and log[1]["after"] == "forward at payment, parked PAUSED_BY_OPERATOR"
    assert log[1]["from"] == "127.0.0.1"


def test_an_order_is_cancelled_by_an_operator_and_told_as_that(stack, rest, grpc, sagactl, subscriber):
    before = {"product-001": grpc.stock("product-001")}
    order_id = rest.place("product-001", 2, SLOW)
    dry = json.loads(done(sagactl("cancel", order_id, "--reason", "fraud", "--dry-run", "-o", "json")))
    assert dry["done"] is False and "payment, 100.00 USD" in dry["effect"]
    stale = sagactl("cancel", order_id, "--reason", "fraud", "--yes", "--expect", str(dry["version"] + 7))
    assert stale.returncode == 4 and "look at it again" in stale.stderr
    nobody = sagactl("cancel", order_id, "--reason", "fraud")
    assert nobody.returncode == 2 and "--yes" in nobody.stderr
    assert deeds(sagactl, "--order", order_id) == [], "nothing was done so far"
    done(sagactl("cancel", order_id, "--reason", "fraud", "--yes", "--expect", str(dry["version"])))
    assert rest.wait_ended(order_id) == "CANCELLED"
    assert rest.get(order_id)["reason"] == "CANCELLED_BY_OPERATOR"
    subscriber.wait_for_end([order_id])
    audit(stack, rest, grpc, subscriber, [order_id], before)
    assert [deed["verb"] for deed in deeds(sagactl, "--order", order_id)] == ["cancel"]


@pytest.fixture
def payment_on_hold(stack, sagactl):
    """And an orchestrator that gives orders three seconds."""
    stack.orchestrator.restart(SAGA_DEADLINE="3s", PAYMENT_BUDGET="3s")
    done(sagactl("hold", "payment", "--reason", "the provider is down"))
    wait_until(lambda: json.loads(done(sagactl("participants", "-o", "json")))["participants"][0]["on_hold"], "it to be on hold")
    yield
    sagactl("release", "payment", "--reason", "the test is over")
    stack.orchestrator.restart()


def test_a_participant_on_hold_costs_no_order_its_time(stack, rest, grpc, sagactl, subscriber, payment_on_hold, verify):
    """Orders are accepted and wait; nobody is asked; what waits longer than its deadline is not cancelled for that."""
    before = {"product-001": grpc.stock("product-001")}
    calls = stack.orchestrator.metric("ordersaga_calls_started")
    orders = [rest.place("product-001", 1) for _ in range(5)]
    again = sagactl("hold", "payment", "--reason", "once more")
    assert again.returncode == 4 and "on hold already" in again.stderr
    assert sagactl("hold", "shipping", "--reason", "who?").returncode == 2
    stack.orchestrator.kill()
    stack.start_missing()
    time.sleep(4)  # longer than any of them has
    assert {rest.status(order_id) for order_id in orders} == {"PENDING"}
    assert stack.orchestrator.metric("ordersaga_calls_started") in (0, calls)
    shown = done(sagactl("participants"))
    assert re.search(r"payment +on hold +20\S+ \S+ +local \(olga\) +the provider is down", shown), shown
    done(sagactl("release", "payment", "--reason", "it is up again"))
    for order_id in orders:
        assert rest.wait_ended(order_id) == "COMPLETED", rest.get(order_id)
    subscriber.wait_for_end(orders)
    audit(stack, rest, grpc, subscriber, orders, before)
    log = [(deed["verb"], deed["subject"], deed["reason"]) for deed in deeds(sagactl, "--limit", "2")]
    assert log == [("release", "payment", "it is up again"), ("hold", "payment", "the provider is down")]
    assert verify().returncode == 0


@pytest.fixture
def impatient(stack):
    """A person is asked after a second."""
    stack.orchestrator.restart(ATTEMPT_TIMEOUT="1s", PAYMENT_BUDGET="1s", INVENTORY_BUDGET="1s", COMPENSATION_BUDGET="1s",
                               BACKOFF_INITIAL="100ms", BACKOFF_CAP="200ms")
    yield
    stack.orchestrator.restart()


def test_a_refund_that_can_never_succeed_is_settled_by_hand(stack, rest, grpc, sagactl, subscriber, impatient, verify):
    """It stayed PENDING for ever. The order ends with what an operator gave back by hand, and never looks refunded."""
    before = grpc.stock("product-001")
    order_id = rest.place("product-001", 999, "refund-fails-999@card.test")
    wait_until(lambda: why(sagactl, order_id)["waits_for"] == "a person: COMPENSATION_EXHAUSTED", "it to be parked", 30)
    verbs = {verb["name"]: verb["effect"] for verb in why(sagactl, order_id)["verbs"]}
    assert list(verbs) == ["retry", "settle"] and "49950.00 USD" in verbs["settle"]
    audit_clean(sagactl, stack, order_id)

    settle = ("settle", order_id, "--reason", "the card is closed", "--evidence", "transfer 4711", "--yes")
    assert sagactl(*settle, "--amount", "much").returncode == 2
    too_much = sagactl(*settle, "--amount", "50000.00 USD")
    assert too_much.returncode == 2 and "at most 49950.00 USD" in too_much.stderr
    done(sagactl(*settle, "--amount", "40.00 USD"))
    wait_until(lambda: why(sagactl, order_id)["waits_for"] == "a person: SETTLEMENT_REFUSED", "payment to refuse it", 30)
    assert "SETTLEMENT_MISMATCH" in why(sagactl, order_id)["trouble"]

    done(sagactl(*settle, "--amount", "49950.00 USD"))
    assert rest.wait_ended(order_id) == "CANCELLED" and rest.get(order_id)["reason"] == "OUT_OF_STOCK"
    subscriber.wait_for_end([order_id])
    events = [event.key for event in subscriber.events_of(order_id) if event.key != "saga.needs_attention"]
    assert events == ["order.created", "payment.successful", "inventory.failed", "order.cancelled"]
    ended = subscriber.events_of(order_id)[-1].body
    assert ended["closed_by"] == "local (olga)" and ended["settled_amount"] == 49950
    effect = grpc.payment.GetEffect(grpc.common_pb.GetEffectRequest(idempotency_key=f"{order_id}/payment/action")).effect
    assert effect.state == grpc.common_pb.EFFECT_STATE_SETTLED
    again = grpc.refund.Refund(grpc.payment_pb.RefundRequest(
        idempotency_key=f"{order_id}/payment/compensation", charge_key=f"{order_id}/payment/action", order_id=order_id))
    assert again.settled_by_hand and again.refund_id == "transfer 4711", "a refund that comes late after all is none"
    with psycopg2.connect(stack.database_url("payment_db")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kind, debit_account, amount_minor, provider_id FROM transfers WHERE charge_key = %s AND kind = "
                       "'refund'", (f"{order_id}/payment/action",))
        assert cursor.fetchall() == [("refund", "by_hand", 4995000, "transfer 4711")]
    wait_until(lambda: why(sagactl, order_id)["waits_for"].startswith("nothing"), "the customer to be told")
    assert why(sagactl, order_id)["facts"][0]["what"] == "given back by hand: 49950.00 USD, transfer 4711"
    audit_clean(sagactl, stack, order_id)
    assert grpc.stock("product-001") == before
    log = deeds(sagactl, "--order", order_id)
    assert [deed["verb"] for deed in log] == ["settle", "settle"] and "49950.00 USD settled by hand" in log[0]["after"]
    assert verify().returncode == 0


def audit_clean(sagactl, stack, order_id):
    done(sagactl("audit", "--order", order_id, "--payment", stack.payment.url, "--inventory", stack.inventory.url,
                 "--notification", stack.notification.url))


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(stack, rest, sagactl):
    """Nothing where nothing is; and a service that is down, a participant on hold, a broker that is away, a replica that
    nobody can reach."""
    wait_until(lambda: sagactl("doctor").returncode == 0, lambda: sagactl("doctor").stdout, 30)
    assert re.fullmatch(r"\d\d things looked at, 0 findings\n", sagactl("doctor").stdout)
    done(sagactl("hold", "inventory", "--reason", "stock is being counted"))
    stack.notification.stop()
    stack.rabbitmq.stop()
    try:
        def found():
            process = sagactl("doctor", "-o", "json")
            assert process.returncode in (0, 1), process.stderr
            return {finding["what"].split(":")[0]: finding for finding in json.loads(process.stdout)["findings"]}
        wait_until(lambda: len(found()) == 3, found, 30)
        findings = found()
        down = next(findings[what] for what in findings if what.startswith("notification cannot be reached"))
        assert down["severity"] == "bad" and down["remedy"].startswith("start it")
        assert any(what.startswith("inventory is on hold since") for what in findings)
        assert findings["RabbitMQ takes no events"]["severity"] == "warning"
        text = sagactl("doctor").stdout
        assert text.startswith("bad  ") and "sagactl release inventory --reason" in text
    finally:
        stack.rabbitmq.start()
        stack.notification.start()
        done(sagactl("release", "inventory", "--reason", "counted"))
    wait_until(lambda: sagactl("doctor").returncode == 0, lambda: sagactl("doctor").stdout, 60)
    nobody = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "doctor", "--address",
                             f"{stack.orchestrator.url},127.0.0.1:1"], env=stack.environment, text=True, capture_output=True)
    assert nobody.returncode == 1 and "127.0.0.1:1: unreachable" in nobody.stdout and " 1 findings" in nobody.stdout


class Keyboard:
    """sagactl at a terminal, with a person before it."""

    def __init__(self, stack, *arguments):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            program = str(stack.build_dir / "bin" / "sagactl")
            os.execve(program, [program, *arguments, "--address", stack.orchestrator.url], stack.environment)
        self.shown = ""

    def wait_for(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, f"waited for {text!r}; shown: {self.shown}"
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.terminal, 4096).decode()
                except OSError:  # it has ended
                    break
        assert text in self.shown, self.shown

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\n")

    def end(self):
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.terminal)
        return code


def test_a_person_is_shown_what_will_happen_and_asked(stack, rest, sagactl):
    order_id = rest.place("product-001", 1, SLOW)
    done(sagactl("pause", order_id, "--reason", "looking into it"))
    reluctant = Keyboard(stack, "cancel", order_id, "--reason", "fraud")
    reluctant.wait_for("Go on? [y/N]")
    reluctant.type("n")
    reluctant.wait_for("Nothing was done.")
    assert reluctant.end() == 1 and rest.status(order_id) == "PENDING"

    person = Keyboard(stack, "cancel", order_id, "--reason", "fraud")
    person.wait_for("Go on? [y/N]")
    assert "payment, 50.00 USD" in person.shown
    person.type("y")
    person.wait_for("The order is being cancelled")
    assert person.end() == 0
    assert rest.wait_ended(order_id) == "CANCELLED"


def test_the_log_is_chained_and_nobody_alters_it_unseen(rest, sagactl, verify, superuser, stack):
    order_id = rest.place("product-001", 1, SLOW)
    for verb in ("pause", "resume", "pause", "resume"):
        done(sagactl(verb, order_id, "--reason", f"to {verb} it"))
    assert rest.wait_ended(order_id) == "COMPLETED"
    shard = deeds(sagactl, "--order", order_id)[0]["shard"]
    clean = verify()
    assert clean.returncode == 0 and clean.stdout.endswith(": 0 findings\n"), clean.stdout
    noted = re.findall(rf"log_head={shard}:\d+:[0-9a-f]+", stack.orchestrator.log)[-1].removeprefix("log_head=")
    assert verify("--head", noted).returncode == 0

    def seen(change, undo, what):
        superuser.execute(change)
        try:
            found = verify("--head", noted)
            assert found.returncode == 1 and what in found.stdout, (change, found.stdout)
        finally:
            superuser.execute(undo)
        assert verify("--head", noted).returncode == 0

    superuser.execute("CREATE TABLE log_copy AS SELECT * FROM operator_log; CREATE TABLE heads_copy AS SELECT * FROM "
                      "operator_log_heads; CREATE TABLE reasons_copy AS SELECT * FROM operator_log_reasons")
    restore = ("TRUNCATE operator_log, operator_log_heads, operator_log_reasons; INSERT INTO operator_log SELECT * FROM "
               "log_copy; INSERT INTO operator_log_heads SELECT * FROM heads_copy; INSERT INTO operator_log_reasons SELECT * "
               "FROM reasons_copy")
    last = f"shard = {shard} AND number = (SELECT max(number) FROM operator_log WHERE shard = {shard})"
    try:
        seen(f"UPDATE operator_log SET by = 'hans' WHERE {last}", restore, "was altered")
        seen(f"UPDATE operator_log_reasons SET reason = 'none' WHERE {last}", restore, "its reason is not the one")
        seen(f"DELETE FROM operator_log WHERE shard = {shard} AND number = 2", restore, "rows before it are missing")
        seen(f"INSERT INTO operator_log SELECT shard, number + 1, at, by, from_address, verb, subject, version, before, after, "
             f"reason_digest, mac FROM operator_log WHERE {last}", restore, "was altered")
        # The tail with its head: only who has noted the head sees it.
        seen(f"DELETE FROM operator_log WHERE {last}; UPDATE operator_log_heads AS h SET (number, mac) = (SELECT number, mac "
             f"FROM operator_log AS l WHERE {last.replace('shard =', 'l.shard =', 1)}) WHERE h.shard = {shard}", restore,
             "was there once and is missing")
        # A reason may be erased.
        superuser.execute(f"DELETE FROM operator_log_reasons WHERE {last}")
        erased = verify("--head", noted)
        assert erased.returncode == 0 and " 1 reasons erased" in erased.stdout, erased.stdout
    finally:
        superuser.execute(restore + "; DROP TABLE log_copy, heads_copy, reasons_copy")
    without = sagactl("log", "verify")
    assert without.returncode == 1 and "another key" in without.stdout and "--log-key-file" in without.stderr


def test_verbs_raced_against_live_orders_leave_no_violation(stack, rest, grpc, subscriber, sagactl, verify):
    """Several operators at once, against the engine, against customers, while the orchestrator is killed: money and stock
    add up, and the log has one row for each deed that was answered, and none twice."""
    before = {item: grpc.stock(item) for item in ("product-001", "product-selftest")}
    load = Load(rest, 300, threads=8, rate=30, mix=[("product-selftest", 1, "transient-2@card.test", "?"),
                                                    ("product-001", 1, SLOW, "?"), ("no-such-product", 1, SLOW, "?")])
    verbs = ("pause", "resume", "retry", "cancel", "compensate", "skip", "resume")
    answered, stop = {}, threading.Event()

    def operate(number):
        count = 0
        while not stop.is_set():
            for order_id in list(load.expected)[-12:]:
                count += 1
                reason = f"race {number}-{count}"
                request = grpc.saga_pb.OperateSagaRequest(id=order_id, verb=verbs[(number + count) % len(verbs)], reason=reason)
                try:
                    grpc.saga.OperateSaga(request, timeout=5)
                    answered[reason] = order_id
                except Exception as problem:  # pylint: disable=broad-except
                    if not hasattr(problem, "code"):
                        raise
    operators = [threading.Thread(target=operate, args=(number,)) for number in range(4)]
    load.start()
    load.wait_accepted(20)
    for operator in operators:
        operator.start()
    load.wait_accepted(120, 60)
    os.kill(stack.orchestrator.pid, signal.SIGKILL)
    stack.start_missing()
    load.join()
    stop.set()
    for operator in operators:
        operator.join(60)

    def all_ended():
        for saga in json.loads(done(sagactl("list", "--parked", "--limit", "1000", "-o", "json")))["sagas"]:
            sagactl("resume", saga["id"], "--reason", "the race is over")
        return not json.loads(done(sagactl("list", "--open", "--limit", "1000", "-o", "json")))["sagas"]
    wait_until(all_ended, "every order to end", 90, every=0.5)
    subscriber.wait_for_end(list(load.expected), 60)
    audit(stack, rest, grpc, subscriber, list(load.expected), before)
    logged = [deed["reason"] for deed in deeds(sagactl, "--limit", "100000") if deed["reason"].startswith("race ")]
    print(f"{len(answered)} deeds answered, {len(logged)} recorded")
    assert len(logged) == len(set(logged)) and set(answered) <= set(logged) and len(answered) > 100
    assert verify().returncode == 0
