"""An order's trace context (W3C): what the client sent, or a trace of its own, is on every event of the order."""

import re

import pytest

from support.waiting import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"
VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
SLOW = "ada@example.com"  # a charge takes two seconds


def trace_of(subscriber, order_id, seconds=30):
    """The one traceparent of all the order's events."""
    subscriber.wait_for_end([order_id], seconds)
    found = [event.headers.get("traceparent") for event in subscriber.events_of(order_id)]
    assert len(set(found)) == 1, found
    assert VALID.fullmatch(found[0]), found
    return found[0]


@pytest.fixture
def place_by_grpc(grpc):
    grpc.read(grpc.saga.ListSagas, grpc.saga_pb.ListSagasRequest(page_size=1))  # the connection is there, or made anew
    def place(key, metadata=()):
        line = grpc.common_pb.Line(item_id="product-selftest", quantity=1)
        request = grpc.order_pb.PlaceOrderRequest(lines=[line], user_email="fast@card.test", idempotency_key=key)
        return grpc.order.PlaceOrder(request, timeout=10, metadata=metadata).order_id
    return place


@pytest.mark.parametrize("item_id, quantity, email", [
    ("product-selftest", 1, "fast@card.test"), ("product-001", 999, "fast@card.test"),
    ("product-selftest", 1, "decline@card.test")])
def test_a_clients_trace_is_on_every_event_of_its_order(rest, subscriber, item_id, quantity, email):
    order_id = rest.place(item_id, quantity, email, {"traceparent": GIVEN})
    trace = trace_of(subscriber, order_id)
    assert trace.split("-")[1] == TRACE and trace.endswith("-01")
    assert trace != GIVEN, "the gateway has a span of its own in it"


@pytest.mark.parametrize("bad", [
    None, "nonsense", GIVEN[:-1], GIVEN + "-x", GIVEN.upper(), f"ff{GIVEN[2:]}", f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-{TRACE}-{'0' * 16}-01", "x" * 5000])
def test_without_a_valid_trace_one_begins_at_the_gateway(rest, subscriber, bad):
    order_id = rest.place("product-selftest", 1, headers={} if bad is None else {"traceparent": bad})
    assert TRACE not in trace_of(subscriber, order_id)


def test_orders_without_a_trace_of_their_client_have_one_each(rest, subscriber):
    orders = [rest.place("product-selftest", 1) for _ in range(5)]
    assert len({trace_of(subscriber, order_id).split("-")[1] for order_id in orders}) == 5


def test_a_grpc_callers_trace_is_taken_as_it_is(place_by_grpc, subscriber):
    assert trace_of(subscriber, place_by_grpc("trace-given", [("traceparent", GIVEN)])) == GIVEN


@pytest.mark.parametrize("metadata", [[], [("traceparent", "nonsense")], [("traceparent", GIVEN.upper())]])
def test_without_a_valid_trace_one_begins_at_the_orchestrator(place_by_grpc, subscriber, metadata):
    assert TRACE not in trace_of(subscriber, place_by_grpc(f"trace-{metadata}", metadata))


def test_an_order_keeps_the_trace_of_the_request_that_made_it(place_by_grpc, subscriber):
    order_id = place_by_grpc("trace-twice", [("traceparent", GIVEN)])
    assert place_by_grpc("trace-twice", [("traceparent", GIVEN.replace(TRACE, "1" * 32))]) == order_id
    assert trace_of(subscriber, order_id) == GIVEN


@pytest.mark.usefixtures("mended")
def test_the_trace_outlives_an_orchestrator_that_is_killed(stack, rest, subscriber):
    """What is still to happen to the order happens to a saga that was read from the database."""
    orders = [rest.place("product-selftest", 1, SLOW, {"traceparent": GIVEN}) for _ in range(3)]
    for order_id in orders:
        wait_until(lambda: "order.created" in subscriber.keys_of(order_id), "the first event", every=0.01)
    stack.orchestrator.kill()
    stack.orchestrator.start()
    for order_id in orders:
        assert trace_of(subscriber, order_id).split("-")[1] == TRACE


@pytest.mark.usefixtures("mended")
def test_events_that_waited_in_the_database_have_the_trace(stack, rest, subscriber):
    stack.rabbitmq.kill()
    order_id = rest.place("product-001", 999, headers={"traceparent": GIVEN})
    assert rest.wait_ended(order_id) == "CANCELLED"
    stack.orchestrator.kill()
    stack.rabbitmq.start()
    stack.orchestrator.start()
    assert trace_of(subscriber, order_id, 60).split("-")[1] == TRACE
    assert len(subscriber.events_of(order_id)) == 5
