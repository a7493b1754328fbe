"""Domain events as other teams meet them: schemas, sagactl events, stored events, the example subscriber, and events
that cannot be published."""

import json
import re
import shlex
import signal
import subprocess


import grpc as grpcio
import psycopg2
import pytest
import yaml

from support import stubs
from support.broker import Broker
from support.second import SecondOrchestrator, metric
from support.schemas import FOLDER, check_schema
from support.stack import ROOT
from support.subscriber import DEMO_EVENTS, EXCHANGES
from support.waiting import wait_until

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
COMPLETED = ["order.created", "payment.successful", "inventory.successful", "order.completed"]
KNOWN = [key for name in ("event_type.h", "order_saga.h")
         for key in re.findall(r'routing_key = "([a-z]+\.[a-z_]+)"', (ROOT / "orchestrator/core" / name).read_text())]


@pytest.fixture(scope="module")
def broker(stack):
    return Broker(stack)


@pytest.fixture
def sagactl(stack):
    environment = {**stack.environment, "SAGACTL_ADDRESS": f"127.0.0.1:{stack.orchestrator.port()}",
                   "RABBITMQ_URL": stack.rabbitmq.url}

    def run(*arguments, start=False):
        command = [str(stack.build_dir / "bin" / "sagactl"), "events", *arguments]
        if start:
            return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE)
        return subprocess.run(command, env=environment, text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)
    return run


@pytest.fixture
def orchestrator(stack, mended):
    """For tests that give it other settings."""
    yield stack.orchestrator
    stack.orchestrator.restart()


@pytest.fixture
def queue(broker):
    """A queue of another team's, bound to nothing."""
    channel = broker.channel()
    name = channel.queue_declare("another-team", durable=True).method.queue
    yield name
    broker.ctl("delete_queue", name)


def take_all(broker, queue):
    channel = broker.channel()
    messages = []
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            channel.connection.close()
            return messages
        messages.append((properties, body.decode()))


def channel_to(port):
    return grpcio.insecure_channel(f"127.0.0.1:{port}")


def ended(rest, subscriber, item_id="product-selftest", quantity=1, email="fast@card.test"):
    order_id = rest.place(item_id, quantity, email)
    rest.wait_ended(order_id)
    subscriber.wait_for_end([order_id])
    return order_id


# --- the published contract

def test_every_event_has_a_schema_and_a_channel_and_no_other_has():
    api = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
    assert api["asyncapi"].startswith("3.")
    channels = {channel["address"]: channel for channel in api["channels"].values()}
    assert sorted(KNOWN) == sorted(channels) == sorted(path.name[:-len(".v1.json")] for path in FOLDER.glob("*.json"))
    for message in api["components"]["messages"].values():
        assert (ROOT / "docs" / message["payload"]["schema"]["$ref"]).is_file()
    bindings = api["components"]["channelBindings"]
    exchange_of = {key: bindings[channel["bindings"]["$ref"].split("/")[-1]]["amqp"]["exchange"]
                   for key, channel in channels.items()}
    assert {exchange["name"] for exchange in exchange_of.values()} == set(EXCHANGES)
    for exchange, key in DEMO_EVENTS:
        assert exchange_of[key]["name"] == exchange
    for exchange in exchange_of.values():
        assert (exchange["type"], exchange["durable"], exchange["autoDelete"]) == ("topic", True, False)


def test_asyncapi_has_no_dangling_reference():
    api = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())

    def walk(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "$ref" and value.startswith("#/"):
                target = api
                for step in value[2:].split("/"):
                    target = target[step]
            elif isinstance(value, (dict, list)):
                walk(value)
    walk(api)


def test_what_is_published_holds_to_the_schemas(rest, subscriber):
    """Every test's subscriber looks at every message; here each ending is made once, and the headers are looked at."""
    orders = [ended(rest, subscriber), ended(rest, subscriber, "product-001", 999),
              ended(rest, subscriber, email="decline@card.test")]
    headers = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())["components"]["schemas"]["Headers"]
    seen = set()
    for order_id in orders:
        for event in subscriber.events_of(order_id):
            check_schema(event.key, event.body)
            assert set(headers["required"]) <= set(event.headers) <= set(headers["properties"])
            assert re.match(headers["properties"]["ce-type"]["pattern"], event.headers["ce-type"])
            assert event.headers["ce-id"] == event.properties.message_id
            assert event.headers["ce-subject"] == event.properties.correlation_id == order_id
            assert re.match(headers["properties"]["traceparent"]["pattern"], event.headers["traceparent"])
            assert event.properties.delivery_mode == 2
            seen.add(event.key)
    assert seen == set(KNOWN) - {"saga.needs_attention", "notification.sent"}
    assert not subscriber.problems, subscriber.problems[:3]


@pytest.mark.parametrize("spoil", [dict(quantity="2"), dict(sequence=0), dict(surprise=1), dict(status="DONE"),
                                   dict(order_id="no uuid")])
def test_a_message_that_breaks_its_schema_is_noticed(rest, subscriber, spoil):
    event = subscriber.events_of(ended(rest, subscriber))[0]
    with pytest.raises(AssertionError):
        check_schema(event.key, {**event.body, **spoil})


def test_an_order_of_several_lines_has_them_all_beside_the_demos_fields(rest, grpc, subscriber):
    line = grpc.common_pb.Line
    placed = grpc.order.PlaceOrder(grpc.order_pb.PlaceOrderRequest(
        lines=[line(item_id="product-selftest", quantity=2), line(item_id="product-002", quantity=1)],
        user_email="fast@card.test", idempotency_key="several-lines"), timeout=10)
    order_id = placed.order_id
    rest.wait_ended(order_id)
    for event in subscriber.wait_for(order_id, *COMPLETED):
        assert (event.body["item_id"], event.body["quantity"]) == ("product-selftest", 2)
        assert event.body["items"] == [{"item_id": "product-selftest", "quantity": 2},
                                       {"item_id": "product-002", "quantity": 1}]
    assert not subscriber.problems


def test_notification_sent_is_published_when_asked_for(stack, rest, subscriber, orchestrator):
    orchestrator.restart(NOTIFICATION_EVENTS="true")
    order_id = ended(rest, subscriber)
    events = subscriber.wait_for(order_id, *COMPLETED, "notification.sent")
    assert events[-1].exchange == "orders" and events[-1].body["notification_id"]
    assert not subscriber.problems


# --- sagactl events

def test_tail_shows_events_as_they_pass(sagactl, rest):
    tail = sagactl("tail", "--count", "4", start=True)
    assert tail.stdout.readline().split() == ["EVENT", "ORDER", "#", "BODY"]  # it is bound now
    order_id = rest.place("product-selftest", 1)
    lines = [line.split() for line in tail.stdout.read().splitlines()]
    assert tail.wait(20) == 0
    assert [(key, order, sequence) for key, order, sequence, *_ in lines] == [
        (key, order_id, str(number)) for number, key in enumerate(COMPLETED, 1)]


def test_tail_as_json_takes_a_pattern(sagactl, rest, broker):
    tail = sagactl("tail", "--count", "1", "-o", "json", "--routing-key", "payment.*", start=True)
    wait_until(lambda: "amq.gen" in broker.ctl("-q", "list_consumers", "queue_name"), "the tail to be bound", every=0.2)
    order_id = rest.place("product-selftest", 2, headers={"traceparent": TRACEPARENT})
    line = tail.stdout.readline()
    assert tail.wait(20) == 0
    event = json.loads(line)
    assert (event["exchange"], event["routing_key"], event["order_id"]) == ("payments", "payment.successful", order_id)
    assert event["sequence"] == 2 and '"amount":0.02,' in line
    assert event["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]


def test_replay_of_an_order_goes_to_one_queue_only(sagactl, rest, subscriber, broker, queue):
    order_id = ended(rest, subscriber)
    published = subscriber.events_of(order_id)
    arrivals = len([event for event in subscriber.arrivals if event.order_id == order_id])
    done = sagactl("replay", "--order", order_id, "--to-queue", queue)
    assert (done.returncode, done.stdout) == (0, f"Replayed 4 events to {queue}.\n"), done
    messages = take_all(broker, queue)
    assert [(p.message_id, p.type, p.headers["sequence"], p.headers["traceparent"], body) for p, body in messages] == [
        (event.properties.message_id, event.key, event.sequence, event.headers["traceparent"], event.text)
        for event in published]
    assert all(p.headers["replayed"] == 1 and p.correlation_id == order_id for p, _ in messages)
    assert arrivals == len([event for event in subscriber.arrivals if event.order_id == order_id])


def test_replay_of_a_time_has_every_orders_events_in_order(sagactl, rest, subscriber, broker, queue):
    orders = [ended(rest, subscriber) for _ in range(3)]
    first = subscriber.events_of(orders[0])[0].body["created_at"]
    done = sagactl("replay", "--since", first, "--to-queue", queue, "-o", "json")
    assert done.returncode == 0, done
    messages = take_all(broker, queue)
    assert json.loads(done.stdout) == {"replayed": len(messages), "queue": queue}
    for order_id in orders:
        assert [p.type for p, _ in messages if p.correlation_id == order_id] == COMPLETED
    until = sagactl("replay", "--since", "1h", "--until", first, "--to-queue", queue)
    assert until.returncode == 0
    assert not [p for p, _ in take_all(broker, queue) if p.correlation_id in orders]


def test_replay_says_what_is_wrong(sagactl, rest, subscriber, queue):
    order_id = ended(rest, subscriber)
    for code, words, arguments in (
            (3, "there is no queue 'nowhere'", ("--order", order_id, "--to-queue", "nowhere")),
            (2, "--since", ("--to-queue", queue)),
            (2, "is no time", ("--since", "yesterday", "--to-queue", queue)),
            (3, "no such order", ("--order", "no-uuid", "--to-queue", queue)),
            (5, "RabbitMQ", ("--order", order_id, "--to-queue", queue, "--broker", "amqp://a:b@127.0.0.1:1/"))):
        done = sagactl("replay", *arguments)
        assert done.returncode == code and words in done.stderr, (arguments, done)


def test_stored_events_of_an_order_by_grpc(stack, rest, grpc, subscriber):
    order_id = ended(rest, subscriber)
    pb = stubs.pb("ordersaga.event.v1.event")
    service = stubs.rpc("ordersaga.event.v1.event").EventServiceStub(grpc.channels["orchestrator"])

    def events(**filters):
        pages = service.ListEvents(pb.ListEventsRequest(**filters), timeout=10)
        return [event for page in pages for event in page.events]
    stored = events(order_id=order_id)
    assert [(event.routing_key, event.sequence) for event in stored] == list(zip(COMPLETED, range(1, 5)))
    assert [(event.body, event.traceparent) for event in stored] == [
        (event.text, event.headers["traceparent"]) for event in subscriber.events_of(order_id)]
    assert [event.exchange for event in stored] == ["orders", "payments", "inventory", "orders"]
    second = stored[1]
    rest_of_it = events(order_id=order_id, after_shard=second.shard, after_position=second.position)
    assert list(rest_of_it) == stored[2:]
    assert events(order_id="00000000-0000-7000-8000-000000000000") == []


# --- the example

def test_the_example_subscriber_prints_each_event_once(stack, rest, subscriber, sagactl, broker):
    command = re.search(r"^/usr/bin/python3 examples/.*$", (ROOT / "docs" / "tour.md").read_text(), re.MULTILINE).group()
    program = subprocess.Popen(shlex.split(command), text=True, cwd=ROOT, stdout=subprocess.PIPE,
                               env={"RABBITMQ_URL": stack.rabbitmq.url})
    try:
        wait_until(lambda: "example" in broker.ctl("-q", "list_consumers", "queue_name"), "it to be bound", every=0.2)
        first = rest.place("product-selftest", 1)
        printed = [program.stdout.readline().split() for _ in COMPLETED]
        assert printed == [[first, str(number), key] for number, key in enumerate(COMPLETED, 1)]
        assert sagactl("replay", "--order", first, "--to-queue", "example").returncode == 0
        second = rest.place("product-selftest", 1)
        assert program.stdout.readline().split() == [second, "1", "order.created"], "a repeat was printed"
        program.send_signal(signal.SIGINT)
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.wait()
        broker.ctl("delete_queue", "example")


# --- events that cannot be published, and old ones

def held_orders(sagactl):
    done = sagactl("held", "-o", "json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)["held"]


def test_an_event_too_large_for_the_broker_holds_back_its_order_only(rest, subscriber, sagactl, broker, orchestrator):
    """The broker closes the channel over such a message; no other order may notice."""
    limit = 400
    broker.ctl("eval", f"application:set_env(rabbit, max_message_size, {limit}).")
    try:
        orchestrator.restart(EVENT_RETRY="1h")
        large = rest.place("x" * 250, 1, headers={"traceparent": TRACEPARENT})
        fine = [rest.place("product-selftest", 1) for _ in range(20)]
        for order_id in (large, *fine):
            rest.wait_ended(order_id)
        subscriber.wait_for_end(fine)
        wait_until(lambda: len(held_orders(sagactl)) == 5, lambda: f"5 held events, have {held_orders(sagactl)}")
        held = held_orders(sagactl)
        assert [(event["order_id"], event["sequence"]) for event in held] == [(large, n) for n in range(1, 6)]
        assert [event["reason"] for event in held] == ["UNPUBLISHABLE"] + ["BEHIND_HELD"] * 4
        assert "UNPUBLISHABLE" in sagactl("held").stdout
        assert not subscriber.events_of(large)
    finally:
        broker.ctl("eval", "application:set_env(rabbit, max_message_size, 134217728).")
    # The channel still has the old limit; the first attempt closes it, and the next one knows better.
    def released():
        sagactl("release", large, "--reason", "the limit is raised")
        return not held_orders(sagactl)
    wait_until(released, "the held events to go out", every=0.5)
    events = subscriber.wait_for(
        large, "order.created", "payment.successful", "inventory.failed", "payment.refunded", "order.cancelled")
    assert {event.headers["traceparent"].split("-")[1] for event in events} == {TRACEPARENT.split("-")[1]}
    assert sagactl("release", large).returncode == 3


def test_a_held_event_can_be_given_up(stack, rest, subscriber, sagactl, orchestrator):
    orchestrator.restart(EVENT_LIMIT="400", EVENT_RETRY="1h")
    large = rest.place("y" * 250, 1)
    rest.wait_ended(large)
    wait_until(lambda: len(held_orders(sagactl)) == 5, "5 held events")
    assert sagactl("release", large, "--skip", "1").returncode == 2, "subscribers will miss it: why?"
    assert sagactl("release", large, "--skip", "1", "--reason", "nobody needs it").returncode == 0
    wait_until(lambda: [event["sequence"] for event in held_orders(sagactl)] == [2, 3, 4, 5], "the first to be gone")
    orchestrator.restart(EVENT_RETRY="200ms")  # what is held is stored, and the new owner may send it
    wait_until(lambda: [event.sequence for event in subscriber.events_of(large)] == [2, 3, 4, 5], "the others")
    wait_until(lambda: not held_orders(sagactl), "nothing to be held")
    [deed] = json.loads(subprocess.run(
        [str(stack.build_dir / "bin" / "sagactl"), "log", "--order", large, "-o", "json", "--address", orchestrator.url],
        env=stack.environment, text=True, capture_output=True, check=True).stdout)["deeds"]
    assert (deed["verb"], deed["after"], deed["reason"]) == ("skip-event", "event 1 given up", "nobody needs it")


@pytest.fixture
def young_database(stack):
    """A database of its own: segments are as long as the retention they were made for."""
    superuser = psycopg2.connect(stack.postgres.url)
    superuser.autocommit = True
    superuser.cursor().execute("CREATE DATABASE young OWNER orders_db")
    yield stack.database_url("orders_db").rpartition("/")[0] + "/young"
    superuser.cursor().execute("DROP DATABASE young WITH (FORCE)")
    superuser.close()


def test_old_events_are_dropped_but_never_unpublished_ones(stack, grpc, subscriber, young_database, mended):
    database = psycopg2.connect(young_database)
    database.autocommit = True

    def ask(sql, value):
        with database.cursor() as cursor:
            cursor.execute(sql, (value,))
            return [row[0] for row in cursor.fetchall()]

    def rows(order_id):
        return len(ask("SELECT position FROM outbox WHERE order_id = %s", order_id))

    def segments_of(order_id):
        return set(ask("SELECT tableoid::regclass::text FROM outbox WHERE order_id = %s", order_id))

    with SecondOrchestrator(stack, DATABASE_URL=young_database, EVENT_RETENTION="4s") as young:
        young.wait_holds_all()
        service = stubs.rpc("ordersaga.order.v1.order").OrderServiceStub(channel_to(young.port))

        def place(key):
            line = grpc.common_pb.Line(item_id="product-selftest", quantity=1)
            return service.PlaceOrder(grpc.order_pb.PlaceOrderRequest(
                lines=[line], user_email="fast@card.test", idempotency_key=key), timeout=10).order_id
        # Whoever comes before the segment of his time goes to outbox_rest (ADR 10).
        wait_until(lambda: ask("SELECT max(to_at) > clock_timestamp() + %s::interval FROM outbox_segments "
                               "HAVING bool_or(from_at <= clock_timestamp() AND clock_timestamp() < to_at)",
                               "1 second") == [True], "segments for what comes", 30)
        published = place("young-1")
        subscriber.wait_for(published, *COMPLETED)
        segments = segments_of(published)
        assert rows(published) == 4 and "outbox_rest" not in segments
        stack.rabbitmq.kill()
        waiting = place("young-2")
        wait_until(lambda: rows(waiting) == 4, "its events to be stored")
        wait_until(lambda: rows(published) == 0, "old events to be dropped", 60, every=0.2)
        if not segments & segments_of(waiting):  # and not their rows only
            assert not any(ask("SELECT to_regclass(%s)", segment)[0] for segment in segments)
        # Some segments later, the unpublished ones are still there.
        wait_until(lambda: metric(young.admin, "ordersaga_outbox_oldest_seconds") > 8, "time to pass", 60, every=0.2)
        assert rows(waiting) == 4
        stack.rabbitmq.start()
        subscriber.wait_for(waiting, *COMPLETED, seconds=30)
        wait_until(lambda: rows(waiting) == 0, "its events to be dropped as well", 60, every=0.2)
        young.stop()
    database.close()
