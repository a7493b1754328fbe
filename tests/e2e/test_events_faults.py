"""The broker, the link to it and the relay break under load; a subscriber that is not ours, with one queue for all,
still gets every order's events as 1..n in order. Repeats are counted and printed (pytest -rP shows them)."""

import os
import signal
import statistics
import time

import pytest

from support.audit import audit, audit_order
from support.broker import Broker
from support.capacity import sustained_rate
from support.gate import Gate
from support.load import Load
from support.second import SecondOrchestrator, metric
from support.stack import free_ports
from support.subscriber import Subscriber
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("mended")
QUEUE = "faults"
STOCKED = ("product-001", "product-selftest")
# Orders a second: this share of what the machine sustains. Never less than the floor, at which every test still has enough
# orders under way; never more than the ceiling, beyond which our own clients and subscriber, one process, are the load.
SHARE, FLOOR, CEILING = 0.4, 40, 200
MANY = 250


@pytest.fixture(scope="module")
def broker(stack):
    return Broker(stack)


@pytest.fixture(scope="module")
def one_queue(stack, seeded):
    subscriber = Subscriber(stack.amqp_url, QUEUE, one_queue=True).start()
    yield subscriber
    subscriber.stop()


@pytest.fixture(scope="module")
def rate(stack, one_queue):
    """Measured once: the stack is whole when a test of this module begins."""
    sustained = sustained_rate(stack, one_queue)
    chosen = round(min(max(SHARE * sustained, FLOOR), CEILING))
    print(f"the machine sustains {sustained:.0f} orders/s; the load is {chosen}/s")
    return chosen


@pytest.fixture
def orchestrator(stack, mended):
    """For tests that give it other settings."""
    yield stack.orchestrator
    stack.orchestrator.restart()


@pytest.fixture
def whole(stack, rest, grpc, one_queue):
    """Afterwards: all orders of the load have ended, their events are whole, and everything adds up. Of many orders, what
    the services say of each is asked for a part only: their events and the stock are looked at all the same."""
    before = {item_id: grpc.stock(item_id) for item_id in STOCKED}

    def run(load, what, seconds=120):
        load.join()
        one_queue.wait_for_end(list(load.expected), seconds)
        outcome = {order_id: one_queue.outcome_of(order_id) for order_id in load.expected}
        assert outcome == load.expected
        repeats = one_queue.count_repeats(load.expected)
        events = sum(len(one_queue.events_of(order_id)) for order_id in load.expected)
        print(f"{what}: {len(load.expected)} orders, {events} events in order, none missing, {repeats} repeats, "
              f"POST p99 {load.p99():.0f} ms")
        if load.count <= MANY:
            audit(stack, rest, grpc, one_queue, list(load.expected), before)
        else:
            for order_id in list(load.expected)[::load.count // MANY]:
                audit_order(stack, rest, grpc, one_queue, order_id)
            assert {item_id: before[item_id] - grpc.stock(item_id) for item_id in STOCKED} == {
                item_id: load.sold.get(item_id, 0) for item_id in STOCKED}
            assert not one_queue.problems, one_queue.problems[:5]
        before.update({item_id: grpc.stock(item_id) for item_id in STOCKED})  # the next load begins there
    return run


def backlog(stack):
    return metric(stack.orchestrator.port("ADMIN_PORT"), "ordersaga_outbox_unpublished")


def outage(stack, rest, rate, one_queue, whole, seconds):
    """The broker is away for so long under load. Returns (POST p99 in ms, seconds to drain)."""
    load = Load(rest, rate * (seconds + 4), threads=16, rate=rate).start()
    load.wait_accepted(rate)
    stack.rabbitmq.kill()
    wait_until(lambda: time.monotonic() - load.started > seconds, "the outage to last", seconds + 10, every=0.2)
    assert load.p99() < 1000
    waiting = backlog(stack)
    assert waiting > rate * seconds, "it publishes to nowhere"
    stack.rabbitmq.start(wait=False)
    admin = stack.orchestrator.port("ADMIN_PORT")
    wait_until(lambda: metric(admin, "ordersaga_broker_connected") == 1, "the broker to be back", 90)
    back = time.monotonic()
    wait_until(lambda: backlog(stack) <= rate, "the backlog to drain", 90)
    drained = time.monotonic() - back
    stack.rabbitmq.wait_ready()
    print(f"backlog of {waiting:.0f} events drained in {drained:.1f} s ({waiting / drained:.0f} events/s)")
    whole(load, f"broker away {seconds} s")
    return load.p99(), drained


def test_orders_do_not_notice_a_broker_that_is_away(stack, rest, rate, one_queue, whole):
    outage(stack, rest, rate, one_queue, whole, 10)


@pytest.mark.long
def test_orders_do_not_notice_a_broker_that_is_away_for_a_minute(stack, rest, rate, one_queue, whole):
    runs = [outage(stack, rest, rate, one_queue, whole, 60) for _ in range(3)]
    assert statistics.median(p99 for p99, _ in runs) <= 50
    assert statistics.median(drained for _, drained in runs) <= 60


@pytest.mark.long
def test_the_broker_is_killed_four_times(stack, rest, rate, whole):
    load = Load(rest, rate * 60, threads=16, rate=rate).start()
    for kill in range(1, 5):
        load.wait_accepted(rate * 3 * kill, 60)
        stack.rabbitmq.kill()
        stack.rabbitmq.start()
    whole(load, "broker killed four times")


# The watchdog and the limit on confirms cut a publisher that hangs after 10 s: the long ones outlast them.
@pytest.mark.parametrize("kind", ["memory", "disk"])
@pytest.mark.parametrize("seconds", [3, pytest.param(25, marks=pytest.mark.long)])
def test_an_alarm_stops_publishing_and_nothing_else(stack, rest, rate, broker, whole, kind, seconds):
    broker.alarm(kind, on=True)
    try:
        load = Load(rest, rate * seconds, threads=16, rate=rate).start().join()
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, 30) == status
        assert backlog(stack) > 0
    finally:
        broker.alarm(kind, on=False)
    whole(load, f"{kind} alarm for {seconds} s")


def test_with_hold_a_lost_binding_loses_nothing(stack, orchestrator, rest, rate, subscriber, broker, whole):
    """Nobody else may be bound: what only the other subscribers got would count as routed."""
    others = [f"{subscriber.queue_prefix}.{exchange}" for exchange in ("orders", "payments", "inventory")]
    orchestrator.restart(UNROUTABLE_EVENTS="hold", EVENT_RETRY="500ms")
    admin = orchestrator.port("ADMIN_PORT")
    load = Load(rest, rate * 3 // 2, threads=16, rate=rate).start()
    load.wait_accepted(rate // 3)
    unbind_all(broker, others)
    try:
        broker.unbind(QUEUE)
        load.one_more()  # the others may all have been told of by now
        load.join()
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, 30) == status
        wait_until(lambda: metric(admin, "ordersaga_events_held") > 0, "events to be held")
        # What is held is stored: a new owner knows of it.
        orchestrator.kill()
        orchestrator.start(UNROUTABLE_EVENTS="hold", EVENT_RETRY="500ms")
    finally:
        broker.bind(QUEUE)  # first: what any queue takes counts as routed
        bind_all(broker, others)
    whole(load, "binding away")
    wait_until(lambda: metric(admin, "ordersaga_events_held") == 0, "nothing to be held any more")


def unbind_all(broker, queues):
    channel = broker.channel()
    for queue in queues:
        channel.queue_unbind(queue, queue.split(".")[-1], "#")
    channel.connection.close()


def bind_all(broker, queues):
    channel = broker.channel()
    for queue in queues:
        channel.queue_bind(queue, queue.split(".")[-1], "#")
    channel.connection.close()


@pytest.fixture
def publish_to(stack, orchestrator, tmp_path):
    """Restarts the orchestrator with these brokers' ports for a list."""
    def restart(*ports):
        urls = ",".join(f"amqp://admin:admin@127.0.0.1:{port}/" for port in ports)
        program = tmp_path / "orchestrator"
        program.write_text(f'#!/bin/sh\nexec "{stack.build_dir}/bin/orchestrator" --rabbitmq-url "{urls}" "$@"\n')
        program.chmod(0o755)
        tmp_path.chmod(0o755)  # if root runs this, the orchestrator runs as another user
        orchestrator.restart(ORCHESTRATOR_BINARY=str(program))
    return restart


def test_of_a_list_of_brokers_any_may_be_away(stack, publish_to, rest, rate, whole):
    """The first is never there; the second goes away under load, the third stays."""
    gate = Gate(stack.rabbitmq.port())
    publish_to(*free_ports(1), gate.port, stack.rabbitmq.port())
    load = Load(rest, rate * 3, threads=16, rate=rate).start()
    load.wait_accepted(rate)
    assert gate.links, "the second has not been taken"
    gate.close()
    whole(load, "brokers away")


def test_a_broker_that_refuses_stops_publishing_and_nothing_else(stack, orchestrator, rest, rate, broker, whole):
    """A full queue of somebody's has the broker refuse every event. It is the broker: nothing is set aside."""
    orchestrator.restart()
    admin, logged = orchestrator.port("ADMIN_PORT"), len(orchestrator.log)
    broker.bind_full_queue("full")
    try:
        load = Load(rest, rate * 3, threads=16, rate=rate).start().join()
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, 30) == status
        assert metric(admin, "ordersaga_events_refused") > 0
        assert metric(admin, "ordersaga_broker_connects") > 1, "no other connection was tried"
        assert backlog(stack) > 0
    finally:
        broker.delete("full")
    whole(load, "all events refused")
    assert metric(admin, "ordersaga_events_held") == 0
    warnings = [line for line in orchestrator.log[logged:].splitlines() if " warn " in line and "refuse" in line]
    seconds = [line[:19] for line in warnings]
    assert seconds and len(seconds) <= len(set(seconds)) + 1, warnings


def test_the_link_is_cut_in_the_middle_of_a_message(stack, publish_to, rest, rate, whole):
    gate = Gate(stack.rabbitmq.port())
    publish_to(gate.port)
    try:
        load = Load(rest, rate * 4, threads=16, rate=rate).start()
        for cut in range(1, 6):
            load.wait_accepted(rate // 2 * cut)
            gate.cut_in_the_middle()
            wait_until(lambda: gate.cuts >= cut, "the cut")
        whole(load, "link cut mid-message five times")
    finally:
        gate.close()


# R1..R5: read, not published; published, not confirmed; confirmed, not marked; marked; shard just taken.
@pytest.mark.parametrize("point", ["read_not_published", "published_not_confirmed", "confirmed_not_marked", "marked"])
def test_the_relay_dies_under_load(stack, rest, whole, point):
    # Few enough for the slowest machine, where many events leave at a time and one point is met once for all of them.
    stack.orchestrator.restart_faulty(f"relay.{point}:kill:10")
    load = Load(rest, 60).start()
    stack.orchestrator.wait_dead()
    stack.orchestrator.start()
    whole(load, f"relay killed at {point}")


def test_the_relay_dies_taking_shards(stack, rest, whole):
    load = Load(rest, 60).start()
    load.wait_accepted(20)
    stack.orchestrator.kill()
    stack.orchestrator.start_faulty("relay.shard_taken:kill:3", wait=False)
    stack.orchestrator.wait_dead()
    stack.orchestrator.start()
    whole(load, "relay killed while taking shards")


def test_two_relays_after_a_stolen_lease(stack, orchestrator, rest, rate, whole):
    """The first owner is frozen past its lease under load; another one takes its shards; then the first goes on where
    it stood, unconfirmed events in hand."""
    orchestrator.restart(LEASE="1s")
    frozen = orchestrator.pid
    load = Load(rest, rate * 5, threads=16, rate=rate).start()
    try:
        load.wait_accepted(rate)
        with SecondOrchestrator(stack, LEASE="1s") as second:
            os.kill(frozen, signal.SIGSTOP)
            second.wait_holds_all()
            os.kill(frozen, signal.SIGCONT)
            load.join()
            second.stop()
        whole(load, "two relays")
    finally:
        os.kill(frozen, signal.SIGCONT)
