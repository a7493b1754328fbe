"""Real processes are killed at the worst moments; afterwards every accepted order must have ended in its one right
outcome, with money, stock, events and e-mails agreeing."""

import concurrent.futures
import pathlib
import subprocess
import time

import pytest

from support.audit import audit
from support.http2 import reset_requests
from support.load import Load
from support.mailbox import wait_letter
from support.stack import ROOT
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("mended")
STOCKED = ("product-001", "product-002", "product-003", "product-selftest")


@pytest.fixture
def check(stack, rest, grpc, subscriber):
    """Waits until all orders of the load have ended as they should, then audits them."""
    before = {item_id: grpc.stock(item_id) for item_id in STOCKED}

    def run(load, seconds=90):
        load.join()
        stack.start_missing()
        deadline = time.monotonic() + seconds
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, max(1.0, deadline - time.monotonic())) == status, order_id
        subscriber.wait_for_end(list(load.expected), seconds)
        audit(stack, rest, grpc, subscriber, list(load.expected), before)
    return run


def one_order(stack, rest, check_one, part, fault, order=("product-selftest", 1, "fast@card.test", "COMPLETED")):
    """One order against a part that dies at its fault point and then comes back without it. The client is patient: it
    may be its very request that meets the death."""
    stack.parts[part].restart_faulty(fault)
    load = Load(rest, 1, threads=1, mix=(order,)).start()
    stack.parts[part].wait_dead()
    stack.parts[part].start()
    load.join()
    return check_one(*load.expected.popitem())


@pytest.fixture
def check_one(stack, rest, grpc, subscriber):
    before = {item_id: grpc.stock(item_id) for item_id in STOCKED}

    def run(order_id, status="COMPLETED"):
        assert rest.wait_ended(order_id, 60) == status
        subscriber.wait_for_end([order_id])
        wait_letter(stack, order_id)
        audit(stack, rest, grpc, subscriber, [order_id], before)
    return run


@pytest.mark.parametrize("hit", [1, 2])
@pytest.mark.parametrize("point", ["reply_received_not_committed", "committed_not_acted"])
def test_the_orchestrator_dies_around_a_commit(stack, rest, check_one, point, hit):
    one_order(stack, rest, check_one, "orchestrator", f"orchestrator.{point}:kill:{hit}")


def test_the_orchestrator_dies_between_the_charge_and_its_record(stack, rest, check_one):
    """The first reply an order gets is the charge's: money has moved and nobody has written it down."""
    one_order(stack, rest, check_one, "orchestrator", "orchestrator.reply_received_not_committed:kill:1",
              ("product-001", 999, "fast@card.test", "CANCELLED"))


def test_the_orchestrator_dies_before_a_commit(stack, rest, grpc, subscriber, check):
    """A later commit, so that some orders are under way; the clients get no answer and ask again with their keys."""
    stack.orchestrator.restart_faulty("orchestrator.before_commit:kill:8")
    load = Load(rest, 40).start()
    stack.orchestrator.wait_dead()
    stack.orchestrator.start()
    check(load)


@pytest.mark.parametrize("part", ["payment", "inventory"])
@pytest.mark.parametrize("point", ["before_transaction", "effect_done_not_committed", "committed_not_replied"])
def test_a_participant_dies_around_its_transaction(stack, rest, check_one, part, point):
    one_order(stack, rest, check_one, part, f"{part}.{point}:kill:1")


@pytest.mark.parametrize("point", ["before_send", "sent_not_marked", "marked"])
def test_the_notification_service_dies_around_sending(stack, rest, check_one, point):
    one_order(stack, rest, check_one, "notification", f"notification.{point}:kill:1")


@pytest.mark.parametrize("part", ["payment", "inventory", "notification", "orchestrator", "gateway"])
def test_a_part_is_killed_under_load(stack, rest, check, part):
    load = Load(rest, 120).start()
    load.wait_accepted(30)
    stack.parts[part].kill()
    stack.parts[part].start()
    check(load)


def test_orders_go_on_without_the_broker_and_their_events_follow(stack, rest, check, subscriber):
    stack.rabbitmq.kill()
    started = time.monotonic()
    load = Load(rest, 200).start().join()
    for order_id, status in load.expected.items():
        assert rest.wait_ended(order_id, 60) == status
    assert time.monotonic() - started < 60
    assert not any(subscriber.events_of(order_id) for order_id in load.expected)
    stack.rabbitmq.start()
    check(load, seconds=120)


def test_the_broker_is_restarted_under_load(stack, rest, check):
    load = Load(rest, 150).start()
    load.wait_accepted(20)
    stack.rabbitmq.restart()
    check(load)


@pytest.mark.parametrize("how", ["crash", "kill", "stop"])
def test_the_database_is_restarted_under_load(stack, rest, check, how):
    load = Load(rest, 150).start()
    load.wait_accepted(20)
    getattr(stack.postgres, how)()
    stack.postgres.start()
    check(load)


METHODS = {"payment": "/ordersaga.payment.v1.PaymentService/Charge",
           "inventory": "/ordersaga.inventory.v1.InventoryService/Reserve",
           "notification": "/ordersaga.notification.v1.NotificationService/Notify",
           "orchestrator": "/ordersaga.order.v1.OrderService/PlaceOrder"}
RESETS = 1_000_000
LIMIT_MB = 1024  # deploy/up's default


def resident(pid):
    """In MB; 0 if there is no such process."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


@pytest.mark.long
@pytest.mark.parametrize("victim", METHODS)
def test_a_million_resets_end_at_most_the_program_they_hit(stack, rest, check, victim):
    """gRPC 1.51 remembers calls that are begun and reset at once (CVE-2023-44487): a limit from outside bounds it."""
    before = {name: part.pid for name, part in stack.parts.items()}
    load = Load(rest, 10**9, threads=4, rate=20).start()
    load.wait_accepted(20)
    sent, most = 0, 0.0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        while sent < RESETS and resident(before[victim]):
            sending = pool.submit(reset_requests, stack.parts[victim].port(), METHODS[victim], RESETS - sent)
            while not sending.done():
                most = max(most, resident(before[victim]))
                concurrent.futures.wait([sending], timeout=0.05)
            sent += sending.result()
        if sent < RESETS:
            wait_until(lambda: not resident(before[victim]), f"{victim} to be dead, which hung up after {sent} resets")
    print(f"{victim}: {sent} resets sent, {most:.0f} MB at most")
    assert most < LIMIT_MB
    died = [name for name, part in stack.parts.items() if part.pid != before[name]]
    assert set(died) <= {victim}
    lines = deploy(stack, "status").stdout.splitlines()
    assert [line.split()[0] for line in lines if " died " in line] == died, lines
    up = deploy(stack, "up", "--no-build", "--no-order")
    assert up.returncode == 0, up.stderr
    accepted = load.accepted()
    load.wait_accepted(accepted + 20, 60)
    load.count = load.next  # enough
    check(load)


def deploy(stack, script, *arguments):
    return subprocess.run([str(ROOT / "deploy" / script), *arguments], env=stack.environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=180)


def test_an_order_waits_for_a_service_that_is_away(stack, rest, check_one):
    stack.payment.stop()
    order_id = rest.place("product-selftest", 1)
    assert rest.status(order_id) == "PENDING"
    stack.payment.start()
    check_one(order_id)


def test_everything_is_stopped_politely_and_nothing_is_lost(stack, rest, check):
    load = Load(rest, 100).start()
    load.wait_accepted(20)
    for part in ("gateway", "orchestrator", "notification", "inventory", "payment"):
        stack.parts[part].stop()
    stack.start_missing()
    check(load)


def test_readiness_tells_of_a_lost_database_and_of_its_return(stack, rest):
    stack.postgres.crash()
    wait_until(lambda: not ready(stack, "payment"), "payment to be not ready", 30)
    stack.postgres.start()
    for part in ("payment", "inventory", "notification", "orchestrator", "gateway"):
        wait_until(lambda: ready(stack, part), f"{part} to be ready again", 30)


def ready(stack, part):
    import urllib.error
    import urllib.request
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.parts[part].port('ADMIN_PORT')}/readyz", timeout=5):
            return True
    except urllib.error.HTTPError:
        return False
