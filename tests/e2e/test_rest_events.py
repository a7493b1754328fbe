"""An order's events as they happen: from the first to the outcome, once each and in order, whatever is restarted."""

import uuid

import pytest

from support.sse import EventStream
from support.waiting import wait_until

POST = "/api/v1/orders"
SLOW = {"item_id": "product-selftest", "quantity": 1, "user_email": "timeout-then-success@card.test"}


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def place_slow(rest):
    return rest.call("POST", POST, SLOW).json["order_id"]


def assert_whole(events, status="COMPLETED", first=1):
    """Sequences without a hole, then one outcome."""
    *journal, outcome = events
    assert {event.name for event in journal} == {"journal"} and outcome.name == "outcome"
    sequences = [event.json["sequence"] for event in journal]
    assert sequences == list(range(first, first + len(journal))), sequences
    assert outcome.id == sequences[-1] and outcome.json["status"] == status


def test_an_order_from_beginning_to_end(stack, rest):
    order_id = place_slow(rest)
    with EventStream(stack, order_id) as stream:
        assert stream.status == 200 and stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-cache"
        events = list(stream)
    assert stream.retry == 1000
    assert_whole(events)
    assert {event.json["order_id"] for event in events[:-1]} == {order_id}
    assert events[-1].json == rest.get(order_id) | {"updated_at": events[-1].json["updated_at"]}


def test_events_come_while_they_happen(stack, rest):
    order_id = place_slow(rest)
    with EventStream(stack, order_id) as stream:
        assert next(iter(stream)).json["sequence"] == 1
        assert rest.status(order_id) == "PENDING"


def test_an_order_that_has_ended_is_told_from_its_start(stack, rest):
    order_id = rest.place("no-such-product", 1)
    rest.wait_ended(order_id)
    with EventStream(stack, order_id) as stream:
        assert_whole(list(stream), "CANCELLED")


def test_going_on_where_it_broke_off(stack, rest):
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    with EventStream(stack, order_id) as stream:
        whole = list(stream)
    for seen in range(1, whole[-1].id):
        with EventStream(stack, order_id, last_event_id=seen) as stream:
            assert_whole(list(stream), first=seen + 1)
    with EventStream(stack, order_id, query=f"?last_event_id={whole[-1].id - 1}") as stream:
        assert_whole(list(stream), first=whole[-1].id)


def test_who_knows_the_outcome_is_told_to_stop(stack, rest):
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    with EventStream(stack, order_id) as stream:
        outcome = list(stream)[-1].id
    for seen in (outcome, outcome + 100):
        with EventStream(stack, order_id, last_event_id=seen) as stream:
            assert stream.status == 204


def test_a_position_that_is_ahead_misses_nothing(stack, rest):
    order_id = place_slow(rest)
    with EventStream(stack, order_id, last_event_id=1000) as stream:
        assert stream.status == 200
        events = list(stream)
    assert events[-1].name == "outcome"


def test_wrong_requests(rest):
    assert rest.call("GET", f"{POST}/{uuid.uuid4()}/events").json["code"] == "ORDER_NOT_FOUND"
    assert rest.call("GET", f"{POST}/nonsense/events").status == 404
    order_id = rest.place("product-selftest", 1)
    for position in ("x", "-1", "1.5", "9" * 30):
        answer = rest.call("GET", f"{POST}/{order_id}/events", headers={"Last-Event-ID": position})
        assert answer.status == 400 and answer.json["errors"][0]["header"] == "Last-Event-ID"


def test_a_silent_stream_shows_signs_of_life(stack, rest, mended):
    stack.gateway.restart(HEARTBEAT="200ms")
    try:
        with EventStream(stack, place_slow(rest)) as stream:
            assert_whole(list(stream))
            assert "still here" in stream.comments
    finally:
        stack.gateway.restart()


def test_a_restart_of_the_orchestrator_is_only_a_pause(stack, rest, mended):
    order_id = place_slow(rest)
    with EventStream(stack, order_id, seconds=60) as stream:
        events = iter(stream)
        seen = [next(events)]
        stack.orchestrator.restart()
        seen += list(events)
    assert_whole(seen)


def test_a_gateway_that_stops_asks_to_come_back(stack, rest, mended):
    order_id = place_slow(rest)
    with EventStream(stack, order_id) as stream:
        events = iter(stream)
        seen = [next(events)]
        stack.gateway.stop()
        seen += list(events)
        assert "the server stops; connect again" in stream.comments
    stack.gateway.start()
    with EventStream(stack, order_id, last_event_id=seen[-1].id, seconds=60) as stream:
        seen += list(stream)
    assert_whole(seen)


def test_many_listeners_come_and_go(stack, rest):
    order_id = place_slow(rest)
    leaving = [EventStream(stack, order_id) for _ in range(20)]
    staying = [EventStream(stack, order_id) for _ in range(20)]
    for stream in leaving:
        stream.close()
    for stream in staying:
        assert_whole(list(stream))
        stream.close()
    wait_until(lambda: rest.call("GET", "/health").status == 200, "the gateway to live")
