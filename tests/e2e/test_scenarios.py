"""The mission's scenarios and every row of the table of endings, seen from every side: REST, gRPC, events, e-mail."""

import pytest

from support.mailbox import text_of, wait_letter
from support.waiting import wait_until

OUT_OF_STOCK = ("order.created", "payment.successful", "inventory.failed", "payment.refunded", "order.cancelled")
COMPLETED = ("order.created", "payment.successful", "inventory.successful", "order.completed")
DECLINED = ("order.created", "payment.failed", "order.cancelled")


@pytest.fixture
def shop(stack, rest, grpc, subscriber):
    return Shop(stack, rest, grpc, subscriber)


class Shop:
    """Places one order and looks at what became of it."""

    def __init__(self, stack, rest, grpc, subscriber):
        self.stack, self.rest, self.grpc, self.subscriber = stack, rest, grpc, subscriber

    def order(self, item_id, quantity, email):
        self.item_id = item_id
        self.stock_before = self.stock()
        self.id = self.rest.place(item_id, quantity, email)

    def stock(self):
        try:
            return self.grpc.stock(self.item_id)
        except Exception as problem:
            assert problem.code().name == "NOT_FOUND", problem
            return None

    def ends(self, status, *events, charge, stock_change=0, seconds=20):
        """charge: (state, minor units) or None. Returns the events by routing key and the e-mail's text."""
        assert self.rest.wait_ended(self.id, seconds) == status
        arrived = self.subscriber.wait_for(self.id, *events)
        found = self.grpc.charge(self.id)
        if charge is None:
            assert found is None or self.grpc.state_of(found) in ("VOIDED", "REJECTED"), found
        else:
            assert (self.grpc.state_of(found), found.amount.amount_minor) == charge
            assert found.amount.currency == "USD"
            assert found.refunded.amount_minor == (charge[1] if charge[0] == "REVERSED" else 0)
        if self.stock_before is not None:
            assert self.stock() == self.stock_before + stock_change
        letter = wait_letter(self.stack, self.id)
        return {event.key: event for event in arrived}, text_of(letter)


def test_the_demo_products_are_there_at_first_start(seeded):
    stock = {name: seeded[name].stock for name in ("product-001", "product-002", "product-003")}
    assert stock == {"product-001": 100, "product-002": 500, "product-003": 300}
    assert {seeded[name].unit_price.amount_minor for name in stock} == {5000}


def test_the_answer_to_an_order_is_the_demos(rest, subscriber):
    answer = rest.call("POST", "/api/v1/orders",
                       {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"})
    assert answer.status == 202
    body = answer.json
    assert body["message"] == "Order accepted for processing"
    assert body["status"] == "PENDING"
    assert set(body) >= {"message", "order_id", "status"}
    order = rest.get(body["order_id"])
    assert set(order) >= {"id", "item_id", "quantity", "user_email", "status", "created_at", "updated_at"}
    assert order["id"] == body["order_id"]
    assert (order["item_id"], order["quantity"], order["user_email"]) == ("product-selftest", 1, "fast@card.test")


def test_health_is_the_demos(rest):
    answer = rest.call("GET", "/health")
    assert (answer.status, answer.json["status"]) == (200, "healthy")


@pytest.mark.parametrize("item_id, quantity", [("product-001", 2), ("product-002", 5)])
def test_an_order_in_stock_completes(shop, item_id, quantity):
    shop.order(item_id, quantity, "customer@example.com")
    events, letter = shop.ends("COMPLETED", *COMPLETED, charge=("APPLIED", quantity * 5000), stock_change=-quantity)
    paid = events["payment.successful"]
    assert paid.body["amount"] == quantity * 50.0
    assert f'"amount":{quantity * 50}.00' in paid.text.replace(": ", ":")
    assert paid.body["status"] == "SUCCESS"
    assert events["order.created"].body["status"] == "PENDING"
    assert events["order.created"].body["item_id"] == item_id
    assert "complet" in letter.lower()


@pytest.mark.parametrize("quantity", [999, 1000])
def test_too_large_an_order_is_charged_then_refunded_in_full(shop, quantity):
    shop.order("product-001", quantity, "customer@example.com")
    events, letter = shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", quantity * 5000))
    assert events["payment.successful"].body["amount"] == quantity * 50.0
    assert events["payment.refunded"].body["amount"] == quantity * 50.0
    assert "stock" in events["inventory.failed"].body["reason"].lower().replace("_", " ")
    assert "refund" in letter.lower()
    assert f"{quantity * 50:,}".replace(",", "") in letter.replace(",", "")


def test_an_unknown_product_is_charged_at_the_default_price_and_refunded(shop):
    shop.order("invalid-product", 1, "customer@example.com")
    events, letter = shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", 5000))
    assert events["payment.refunded"].body["amount"] == 50.0
    assert events["inventory.failed"].body["item_id"] == "invalid-product"
    assert "refund" in letter.lower()


@pytest.mark.parametrize("card", ["decline@card.test", "insufficient-funds@card.test"])
def test_a_declined_payment_cancels_without_asking_inventory(shop, card):
    shop.order("product-002", 3, card)
    events, letter = shop.ends("CANCELLED", *DECLINED, charge=None)
    assert events["payment.failed"].body["reason"]
    assert "payment" in letter.lower()
    request = shop.grpc.inventory_pb.GetReservationRequest(idempotency_key=f"{shop.id}/inventory/action")
    with pytest.raises(Exception) as refused:
        shop.grpc.inventory.GetReservation(request, timeout=5)
    assert refused.value.code().name == "NOT_FOUND"


def test_events_carry_what_subscribers_need(shop):
    shop.order("product-selftest", 1, "fast@card.test")
    events, _ = shop.ends("COMPLETED", *COMPLETED, charge=("APPLIED", 1), stock_change=-1)
    ids = set()
    for number, key in enumerate(COMPLETED, start=1):
        event = events[key]
        assert event.properties.delivery_mode == 2
        assert event.properties.content_type == "application/json"
        assert event.properties.correlation_id == shop.id
        assert event.sequence == number
        assert {"ce-id", "ce-type", "ce-source", "ce-specversion"} <= set(event.headers), event.headers
        ids.add(event.properties.message_id)
    assert len(ids) == len(COMPLETED) and all(ids)


def test_a_transient_failure_of_the_provider_is_repeated_not_charged_twice(shop):
    shop.order("product-selftest", 1, "transient-3@card.test")
    shop.ends("COMPLETED", *COMPLETED, charge=("APPLIED", 1), stock_change=-1, seconds=40)


def test_a_charge_whose_answer_was_late_is_found_by_the_next_attempt(shop):
    shop.order("product-selftest", 1, "timeout-then-success@card.test")
    shop.ends("COMPLETED", *COMPLETED, charge=("APPLIED", 1), stock_change=-1, seconds=60)


def test_a_refund_that_fails_at_first_is_repeated_before_cancelled_shows(shop):
    shop.order("product-001", 999, "refund-fails-3@card.test")
    shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", 999 * 5000), seconds=60)


@pytest.mark.parametrize("item_id", ["Ünïcode-☃", "a b'c\"d\\e", "'; DROP TABLE orders; --", "x" * 200, " ", "%s%n{}"])
def test_odd_item_ids_go_down_the_saga(shop, item_id):
    shop.order(item_id, 1, "fast@card.test")
    events, _ = shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", 5000))
    assert events["order.created"].body["item_id"] == item_id


def test_the_largest_quantity_goes_down_the_saga(shop):
    shop.order("product-001", 2**31 - 1, "fast@card.test")
    events, _ = shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", (2**31 - 1) * 5000))
    assert events["payment.refunded"].body["amount"] == (2**31 - 1) * 50.0


class TestCancelling:
    """The customer changes his mind; the payment takes long enough for him to do so."""

    @pytest.fixture(autouse=True)
    def slow_payment(self, stack, mended):
        stack.payment.restart(PAYMENT_LATENCY="1s")
        yield
        stack.payment.stop()

    def test_an_order_cancelled_while_it_is_being_paid_is_refunded(self, shop):
        shop.order("product-002", 1, "approve@card.test")
        wait_until(lambda: shop.grpc.charge(shop.id), "the charge to begin")
        shop.grpc.cancel(shop.id)
        assert shop.rest.wait_ended(shop.id) == "CANCELLED"
        events = shop.subscriber.wait_for(shop.id, *wait_until(lambda: cancelled_story(shop), "order.cancelled"))
        assert [event.key for event in events][-1] == "order.cancelled"
        charge = shop.grpc.charge(shop.id)
        assert shop.grpc.state_of(charge) in ("REVERSED", "VOIDED")
        if shop.grpc.state_of(charge) == "REVERSED":
            assert "payment.refunded" in [event.key for event in events]
        assert shop.stock() == shop.stock_before
        assert "cancel" in text_of(wait_letter(shop.stack, shop.id)).lower()

    def test_a_finished_order_cannot_be_cancelled(self, shop):
        shop.order("product-selftest", 1, "fast@card.test")
        assert shop.rest.wait_ended(shop.id) == "COMPLETED"
        with pytest.raises(Exception) as refused:
            shop.grpc.cancel(shop.id)
        assert refused.value.code().name == "FAILED_PRECONDITION"
        assert shop.rest.status(shop.id) == "COMPLETED"


def cancelled_story(shop):
    keys = shop.subscriber.keys_of(shop.id)
    return keys if keys and keys[-1] == "order.cancelled" else None


class TestImpatientSaga:
    """Budgets and the deadline so short that they end within a test."""

    def restart(self, stack, **settings):
        stack.orchestrator.restart(**settings)

    def test_a_payment_of_unknown_outcome_is_made_void(self, stack, shop, mended):
        self.restart(stack, ATTEMPT_TIMEOUT="500ms", PAYMENT_BUDGET="500ms")
        shop.order("product-002", 1, "timeout-then-nothing@card.test")
        events, letter = shop.ends("CANCELLED", *DECLINED, charge=None, seconds=60)
        assert events["payment.failed"].body["reason"]
        assert "payment" in letter.lower()
        stack.orchestrator.stop()

    def test_a_payment_of_unknown_outcome_that_had_moved_money_is_refunded(self, stack, shop, mended):
        self.restart(stack, ATTEMPT_TIMEOUT="500ms", PAYMENT_BUDGET="500ms")
        shop.order("product-002", 1, "timeout-then-success@card.test")
        _, letter = shop.ends("CANCELLED", "order.created", "payment.successful", "payment.refunded", "order.cancelled",
                              charge=("REVERSED", 5000), seconds=60)
        assert "refund" in letter.lower()
        stack.orchestrator.stop()

    def test_inventory_that_stays_away_is_given_up(self, stack, shop, mended):
        self.restart(stack, ATTEMPT_TIMEOUT="500ms", INVENTORY_BUDGET="2s")
        stack.inventory.stop()
        shop.item_id, shop.stock_before = "product-002", None
        shop.id = shop.rest.place("product-002", 1, "approve@card.test")
        # Its reservation must be made void too, which takes inventory to be back.
        wait_until(lambda: "compensating" == shop.grpc.saga_of(shop.id).saga.phase, "the saga to give up", 30)
        assert shop.rest.status(shop.id) == "PENDING"
        stack.inventory.start()
        events, letter = shop.ends("CANCELLED", *OUT_OF_STOCK, charge=("REVERSED", 5000), seconds=60)
        assert events["inventory.failed"].body["reason"]
        assert "refund" in letter.lower()
        stack.orchestrator.stop()

    def test_an_order_past_its_deadline_is_cancelled_and_refunded(self, stack, shop, mended):
        self.restart(stack, ATTEMPT_TIMEOUT="500ms", SAGA_DEADLINE="2s")
        stack.inventory.stop()
        shop.item_id, shop.stock_before = "product-002", None
        shop.id = shop.rest.place("product-002", 1, "approve@card.test")
        wait_until(lambda: "compensating" == shop.grpc.saga_of(shop.id).saga.phase, "the deadline to pass", 30)
        stack.inventory.start()
        assert shop.rest.wait_ended(shop.id, 60) == "CANCELLED"
        story = wait_until(lambda: cancelled_story(shop), "order.cancelled")
        assert story[:2] == ["order.created", "payment.successful"] and story[-2:] == ["payment.refunded", "order.cancelled"]
        assert shop.grpc.state_of(shop.grpc.charge(shop.id)) == "REVERSED"
        stack.orchestrator.stop()
