"""Payment, inventory and notification by themselves, as an engineer with grpcurl meets them: no orchestrator, no broker,
no gateway. They are killed at every point of a transaction, lose their database, and are listed and audited."""

import time
import uuid

import grpc as grpclib
import psycopg2
import pytest

from support.clients import Grpc
from support.stack import Stack
from support.waiting import wait_until
from test_grpc import details_of, refused

SERVICES = ("payment", "inventory", "notification")


@pytest.fixture(scope="module")
def alone():
    with Stack() as stack:
        stack.start("postgres", *SERVICES)
        yield stack


@pytest.fixture(scope="module")
def grpc(alone):
    client = Grpc(alone)
    yield client
    client.close()


@pytest.fixture
def mended(alone):
    yield
    for part in SERVICES:
        alone.parts[part].restart()


def charge_of(grpc, email="fast@card.test", amount=1000):
    order_id = str(uuid.uuid4())
    return grpc.payment_pb.ChargeRequest(
        idempotency_key=f"{order_id}/payment/action", order_id=order_id, user_email=email,
        amount=grpc.common_pb.Money(amount_minor=amount, currency="USD"))


def refund_of(grpc, charge):
    return grpc.payment_pb.RefundRequest(
        idempotency_key=charge.idempotency_key.replace("action", "compensation"), charge_key=charge.idempotency_key,
        order_id=charge.order_id, reason="test")


def part_of(grpc, charge, name, minor):
    return grpc.payment_pb.RefundAmountRequest(
        idempotency_key=f"{charge.order_id}/{name}", charge_key=charge.idempotency_key, order_id=charge.order_id,
        amount=grpc.common_pb.Money(amount_minor=minor, currency="USD"), reason="a dent")


def reservation_of(grpc, item_id="product-selftest", quantity=1):
    order_id = str(uuid.uuid4())
    return grpc.inventory_pb.ReserveRequest(
        idempotency_key=f"{order_id}/inventory/action", order_id=order_id,
        lines=[grpc.common_pb.Line(item_id=item_id, quantity=quantity)])


def release_of(grpc, reservation):
    return grpc.inventory_pb.ReleaseRequest(
        idempotency_key=reservation.idempotency_key.replace("action", "compensation"),
        reserve_key=reservation.idempotency_key, order_id=reservation.order_id)


def notice_of(grpc):
    order_id = str(uuid.uuid4())
    return grpc.notification_pb.NotifyRequest(
        idempotency_key=f"{order_id}/notification/action", order_id=order_id, user_email="you@example.com",
        kind=grpc.notification_pb.NOTIFICATION_KIND_COMPLETED,
        lines=[grpc.common_pb.Line(item_id="product-001", quantity=2)],
        total=grpc.common_pb.Money(amount_minor=10000, currency="USD"))


def effect(grpc, stub, key):
    return stub.GetEffect(grpc.common_pb.GetEffectRequest(idempotency_key=key), timeout=10).effect


def state(grpc, stub, key):
    return grpc.common_pb.EffectState.Name(effect(grpc, stub, key).state).replace("EFFECT_STATE_", "")


def insist(call, request, seconds=30):
    """Repeats while the answer is "unknown", as a saga does."""
    answers = []

    def ask():
        try:
            answers.append(call(request, timeout=5))
        except grpclib.RpcError as error:
            assert error.code() in (grpclib.StatusCode.UNAVAILABLE, grpclib.StatusCode.DEADLINE_EXCEEDED), error
        return answers
    wait_until(ask, "an answer", seconds)
    return answers[0]


def die(alone, part, point, call, request):
    """The request meets the death of its service, which then comes back without the fault."""
    alone.parts[part].restart_faulty(f"{part}.{point}:kill:1")
    try:
        call(request, timeout=10, wait_for_ready=True)
    except grpclib.RpcError as error:
        assert error.code() == grpclib.StatusCode.UNAVAILABLE, error
    alone.parts[part].wait_dead()
    alone.parts[part].start()


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "key_inserted", "effect_done_not_committed", "committed_not_replied",
                                   "marked"])
def test_payment_dies_while_charging(alone, grpc, point):
    request = charge_of(grpc)
    die(alone, "payment", point, grpc.payment.Charge, request)
    first = insist(grpc.payment.Charge, request)
    assert first.outcome == grpc.common_pb.OUTCOME_APPLIED
    assert insist(grpc.payment.Charge, request) == first
    charge = grpc.charge(request.order_id)
    assert (charge.charged.amount_minor, charge.refunded.amount_minor) == (1000, 0)
    assert insist(grpc.refund.Refund, refund_of(grpc, request)).refunded.amount_minor == 1000
    assert grpc.charge(request.order_id).refunded.amount_minor == 1000


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "effect_done_not_committed", "committed_not_replied"])
def test_payment_dies_while_refunding(alone, grpc, point):
    request = charge_of(grpc)
    insist(grpc.payment.Charge, request)
    die(alone, "payment", point, grpc.refund.Refund, refund_of(grpc, request))
    assert insist(grpc.refund.Refund, refund_of(grpc, request)).refunded.amount_minor == 1000
    charge = grpc.charge(request.order_id)
    assert (charge.charged.amount_minor, charge.refunded.amount_minor) == (1000, 1000)


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "committed_not_replied"])
def test_payment_dies_while_refunding_a_part(alone, grpc, point):
    request = charge_of(grpc)
    insist(grpc.payment.Charge, request)
    die(alone, "payment", point, grpc.refund.RefundAmount, part_of(grpc, request, "part", 400))
    assert insist(grpc.refund.RefundAmount, part_of(grpc, request, "part", 400)).outcome == grpc.common_pb.OUTCOME_APPLIED
    assert grpc.charge(request.order_id).refunded.amount_minor == 400


@pytest.mark.usefixtures("mended")
def test_a_restart_finishes_a_charge_that_nobody_asks_for_again(alone, grpc):
    request = charge_of(grpc)
    die(alone, "payment", "committed_not_replied", grpc.payment.Charge, request)
    wait_until(lambda: state(grpc, grpc.payment, request.idempotency_key) == "APPLIED", "the charge to be finished")


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "compensation_before_action", "committed_not_replied"])
def test_payment_dies_in_a_refund_before_its_charge(alone, grpc, point):
    request = charge_of(grpc)
    die(alone, "payment", point, grpc.refund.Refund, refund_of(grpc, request))
    assert not insist(grpc.refund.Refund, refund_of(grpc, request)).money_moved
    late = insist(grpc.payment.Charge, request)
    assert (late.outcome, late.reason) == (grpc.common_pb.OUTCOME_REJECTED, "COMPENSATED")
    assert grpc.charge(request.order_id).charged.amount_minor == 0


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "key_inserted", "effect_done_not_committed", "committed_not_replied"])
def test_inventory_dies_while_reserving(alone, grpc, point):
    before = grpc.stock("product-selftest")
    request = reservation_of(grpc, quantity=3)
    die(alone, "inventory", point, grpc.inventory.Reserve, request)
    first = insist(grpc.inventory.Reserve, request)
    assert first.outcome == grpc.common_pb.OUTCOME_APPLIED and insist(grpc.inventory.Reserve, request) == first
    assert grpc.stock("product-selftest") == before - 3
    assert insist(grpc.inventory.Release, release_of(grpc, request)).stock_returned
    assert grpc.stock("product-selftest") == before


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["before_transaction", "effect_done_not_committed", "committed_not_replied"])
def test_inventory_dies_while_releasing(alone, grpc, point):
    before = grpc.stock("product-selftest")
    request = reservation_of(grpc, quantity=3)
    insist(grpc.inventory.Reserve, request)
    die(alone, "inventory", point, grpc.inventory.Release, release_of(grpc, request))
    assert insist(grpc.inventory.Release, release_of(grpc, request)).stock_returned
    assert grpc.stock("product-selftest") == before


@pytest.mark.usefixtures("mended")
def test_inventory_dies_in_a_release_before_its_reservation(alone, grpc):
    before = grpc.stock("product-selftest")
    request = reservation_of(grpc)
    die(alone, "inventory", "compensation_before_action", grpc.inventory.Release, release_of(grpc, request))
    assert not insist(grpc.inventory.Release, release_of(grpc, request)).stock_returned
    assert insist(grpc.inventory.Reserve, request).reason == "COMPENSATED"
    assert grpc.stock("product-selftest") == before


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("point", ["key_inserted", "before_send", "sent_not_marked", "marked"])
def test_notification_dies_around_sending(alone, grpc, point):
    request = notice_of(grpc)
    die(alone, "notification", point, grpc.notification.Notify, request)
    first = insist(grpc.notification.Notify, request)
    assert insist(grpc.notification.Notify, request) == first
    [letter] = [path for path in alone.mailbox.glob("*.eml") if request.order_id in path.name]
    assert first.message_id in letter.read_text()


def test_the_database_is_away_and_comes_back(alone, grpc):
    """For longer than any time limit here. Nobody waits, and nothing has to be restarted."""
    asks = [(grpc.payment.Charge, charge_of(grpc)), (grpc.inventory.Reserve, reservation_of(grpc)),
            (grpc.notification.Notify, notice_of(grpc)), (grpc.inventory.ListProducts, grpc.inventory_pb.ListProductsRequest())]
    pids = {part: alone.parts[part].pid for part in SERVICES}
    alone.postgres.crash()
    away_until = time.monotonic() + 10
    while time.monotonic() < away_until:
        for call, request in asks:
            started = time.monotonic()
            pending = [call.future(request, timeout=5) for _ in range(50)]
            assert {one.exception().code() for one in pending} == {grpclib.StatusCode.UNAVAILABLE}
            assert time.monotonic() - started < 3
    alone.postgres.start()
    for call, request in asks:
        insist(call, request)
    assert {part: alone.parts[part].pid for part in SERVICES} == pids


def test_the_probe_tells_what_became_of_a_key(grpc):
    charge, declined, voided = charge_of(grpc), charge_of(grpc, "decline@card.test"), charge_of(grpc)
    assert state(grpc, grpc.payment, charge.idempotency_key) == "UNSEEN"
    grpc.payment.Charge(charge, timeout=10)
    assert state(grpc, grpc.payment, charge.idempotency_key) == "APPLIED"
    grpc.payment.Charge(declined, timeout=10)
    assert effect(grpc, grpc.payment, declined.idempotency_key).reason == "CARD_DECLINED"
    grpc.refund.Refund(refund_of(grpc, voided), timeout=10)
    assert effect(grpc, grpc.payment, voided.idempotency_key).reason == "COMPENSATED"
    grpc.refund.Refund(refund_of(grpc, charge), timeout=10)
    # By the compensation's key too.
    assert state(grpc, grpc.payment, refund_of(grpc, charge).idempotency_key) == "REVERSED"

    silent = charge_of(grpc, "timeout-then-nothing@card.test")
    pending = grpc.payment.Charge.future(silent, timeout=10)
    wait_until(lambda: state(grpc, grpc.payment, silent.idempotency_key) == "IN_PROGRESS", "the charge to be under way")
    assert pending.exception().code() == grpclib.StatusCode.UNAVAILABLE
    reservation = reservation_of(grpc)
    grpc.inventory.Reserve(reservation, timeout=10)
    assert state(grpc, grpc.inventory, reservation.idempotency_key) == "APPLIED"
    assert state(grpc, grpc.notification, "no such key") == "UNSEEN"


def test_partial_refunds(grpc):
    charge = charge_of(grpc, "refund-fails-1@card.test")
    grpc.payment.Charge(charge, timeout=10)
    assert refused(grpc.refund.RefundAmount, part_of(grpc, charge, "a", 300)).code() == grpclib.StatusCode.UNAVAILABLE
    done = grpc.refund.RefundAmount(part_of(grpc, charge, "a", 300), timeout=10)
    assert done.outcome == grpc.common_pb.OUTCOME_APPLIED and done.refund_id
    too_much = grpc.refund.RefundAmount(part_of(grpc, charge, "b", 701), timeout=10)
    assert (too_much.outcome, too_much.reason) == (grpc.common_pb.OUTCOME_REJECTED, "MORE_THAN_CHARGED")
    listed = grpc.refund.ListRefunds(grpc.payment_pb.ListRefundsRequest(charge_key=charge.idempotency_key), timeout=10)
    assert state(grpc, grpc.payment, part_of(grpc, charge, "a", 300).idempotency_key) == "APPLIED"
    assert effect(grpc, grpc.payment, part_of(grpc, charge, "b", 701).idempotency_key).reason == "MORE_THAN_CHARGED"
    assert [(one.amount.amount_minor, one.note) for one in listed.refunds] == [(300, "a dent"), (701, "a dent")]
    assert insist(grpc.refund.Refund, refund_of(grpc, charge)).refunded.amount_minor == 1000
    assert grpc.charge(charge.order_id).refunded.amount_minor == 1000


def test_restocking_is_audited_and_happens_once(grpc):
    before = grpc.stock("product-003")
    request = grpc.inventory_pb.RestockRequest(idempotency_key=str(uuid.uuid4()), item_id="product-003", quantity=25,
                                               reason="delivery 17")
    first = grpc.inventory.Restock(request, timeout=10)
    assert grpc.inventory.Restock(request, timeout=10) == first
    assert grpc.stock("product-003") == before + 25 == first.restock.stock_after
    listed = grpc.inventory.ListRestocks(grpc.inventory_pb.ListRestocksRequest(item_id="product-003"), timeout=10).restocks
    assert (listed[0].by, listed[0].reason, listed[0].quantity) == ("local", "delivery 17", 25)
    unknown = grpc.inventory_pb.RestockRequest(idempotency_key="k", item_id="no-such", quantity=1, reason="r")
    assert grpc.inventory.Restock(unknown, timeout=10).reason == "UNKNOWN_PRODUCT"


def test_a_bad_request_names_every_bad_field(grpc):
    request = grpc.payment_pb.ChargeRequest(user_email="nobody", amount=grpc.common_pb.Money(amount_minor=0, currency="usd"))
    error = refused(grpc.payment.Charge, request)
    fields = {violation.field for violation in details_of(error)["BadRequest"].field_violations}
    assert fields == {"idempotency_key", "order_id", "user_email", "amount.amount_minor", "amount.currency"}
    lines = [grpc.common_pb.Line(item_id="", quantity=1), grpc.common_pb.Line(item_id="x", quantity=-1)]
    error = refused(grpc.inventory.Reserve, grpc.inventory_pb.ReserveRequest(idempotency_key="k", order_id="o", lines=lines))
    fields = {violation.field for violation in details_of(error)["BadRequest"].field_violations}
    assert fields == {"lines[0].item_id", "lines[1].quantity"}


def many(alone, database, rows, prefix):
    """Effects by the tens of thousands, written straight into the table."""
    request = {"payment_db": '{"amount_minor":100,"currency":"USD","user_email":"a@b.example"}',
               "inventory_db": '[{"item_id":"product-selftest","quantity":1}]'}[database]
    with psycopg2.connect(alone.database_url(database)) as connection, connection.cursor() as cursor:
        cursor.execute("""
            INSERT INTO effects (action_key, order_id, fingerprint, state, undo_requested, compensation_key, reason,
                                 message, request, answer, undo_answer, created_at, updated_at)
            SELECT %s || lpad(i::text, 8, '0') || '/x/action', %s || lpad(i::text, 8, '0'), 'f', 'rejected', false, '',
                   'TEST', '', %s, '', '', now(), now()
            FROM generate_series(1, %s) AS i""", (prefix, prefix, request, rows))
        cursor.execute("ANALYZE effects")


@pytest.mark.parametrize("part, database, field", [("payment", "payment_db", "charges"),
                                                   ("inventory", "inventory_db", "reservations")])
def test_all_effects_of_a_range_of_orders_can_be_streamed(alone, grpc, part, database, field):
    rows = 40_000
    many(alone, database, rows, "range-")
    stub = getattr(grpc, part)
    request = grpc.common_pb.ListEffectsRequest(first_order_id="range-", last_order_id="range-99999999")
    started = time.monotonic()
    orders = [one.order_id for page in stub.ListEffects(request, timeout=60) for one in getattr(page, field)]
    rate = rows / (time.monotonic() - started)
    print(f"{part}: {rate:,.0f} effects/s")
    assert orders == sorted(orders) and len(orders) == len(set(orders)) == rows
    assert rate >= 20_000, f"{rate:,.0f} effects/s"

    # A stream that broke goes on after the last effect that arrived.
    stream = stub.ListEffects(request, timeout=60)
    last = getattr(next(stream), field)[-1]
    stream.cancel()
    rest = grpc.common_pb.ListEffectsRequest(first_order_id="range-", last_order_id="range-00002000",
                                             after_order_id=last.order_id, after_key=last.idempotency_key)
    following = [one.order_id for page in stub.ListEffects(rest, timeout=60) for one in getattr(page, field)]
    assert following == [order for order in orders if last.order_id < order <= "range-00002000"]
