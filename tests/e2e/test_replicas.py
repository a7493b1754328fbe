"""Several orchestrators on one database, as real processes: they share the shards, reach each other's sagas, and go on with
each other's when one dies, freezes, is cut off from the database or is restarted. Times are printed (pytest -rP)."""

import os
import pathlib
import signal
import subprocess
import threading
import time
import uuid

import grpc as grpc_api
import pytest

from support.audit import audit
from support.broker import Broker
from support.clients import Replica
from support.commit_gate import CommitGate
from support.load import Load
from support.orders_db import OrdersDb
from support.stack import SHARDS
from support.subscriber import Subscriber
from support.take_over import kill_owner, percentile
from support.waiting import wait_until

HALVES = [SHARDS // 2] * 2
LEASE = 1.0
QUEUE = "replicas"
STOCKED = ("product-001", "product-selftest")


@pytest.fixture(scope="module")
def pair(stack, subscriber):
    """Two replicas. A frozen one must not keep the gateway's callers for long."""
    before = dict(stack.environment)
    stack.environment.update(LEASE=f"{LEASE:g}s", REQUEST_TIMEOUT="2s")
    stack.orchestrator.stop()
    stack.scale(2)
    yield stack.orchestrators
    stack.orchestrator.stop()
    stack.environment.update(LEASE=before["LEASE"])
    del stack.environment["REQUEST_TIMEOUT"]
    stack.scale(1)


@pytest.fixture(scope="module")
def orders_db(stack, pair):
    database = OrdersDb(stack)
    yield database
    database.close()


@pytest.fixture(scope="module")
def one_queue(stack, seeded):
    subscriber = Subscriber(stack.amqp_url, QUEUE, one_queue=True).start()
    yield subscriber
    subscriber.stop()
    channel = Broker(stack).channel()
    channel.queue_delete(QUEUE)
    channel.connection.close()


@pytest.fixture
def clients(pair):
    clients = [Replica(part) for part in pair]
    yield clients
    for client in clients:
        client.close()


@pytest.fixture(autouse=True)
def settled(stack, pair):
    """Before and after each test both run, plain, with half of the shards each."""
    wait_shares(pair, HALVES)
    yield
    for part in pair:
        part.settings.clear()
        pid = part.pid
        if pid is None:
            continue
        os.kill(pid, signal.SIGCONT)
        if "ORDERSAGA_FAULT" in pathlib.Path(f"/proc/{pid}/environ").read_text(errors="replace"):
            part.kill()
    stack.start_missing()
    wait_shares(pair, HALVES)


@pytest.fixture
def whole(stack, rest, grpc, one_queue):
    """Afterwards: all orders of the load have ended as they should, their events came as 1..n, everything adds up."""
    before = {item_id: grpc.stock(item_id) for item_id in STOCKED}

    def run(load, what, seconds=60):
        load.join()
        one_queue.wait_for_end(list(load.expected), seconds)
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, 30) == status, order_id
        repeats = one_queue.count_repeats(load.expected)
        print(f"{what}: {len(load.expected)} orders, {repeats} events twice, the slowest POST took {load.slowest:.1f} s "
              f"with its repeats")
        audit(stack, rest, grpc, one_queue, list(load.expected), before)
    return run


def held(parts):
    return [int(part.metric("ordersaga_shards_owned")) for part in parts]


def wait_shares(parts, shares, seconds=30):
    wait_until(lambda: sorted(held(parts)) == sorted(shares), lambda: f"shares {shares}, now {held(parts)}", seconds)


def shard_of(order_id):
    return int(order_id.split("-")[2][1:], 16)


def frozen(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


# --- sharing ---------------------------------------------------------------------------------------------------------

def test_the_shards_are_shared_and_each_has_one_owner(pair, orders_db):
    assert held(pair) == HALVES
    owners = orders_db.owners()
    assert len(owners) == SHARDS
    assert {address for address, _ in owners.values()} == {part.url for part in pair}


def test_a_third_replica_gets_its_share_and_gives_it_back(stack, rest, pair, whole):
    load = Load(rest, 150, rate=30).start()
    try:
        stack.scale(3)
        started = time.monotonic()
        wait_shares(stack.orchestrators, [22, 21, 21])
        joined = time.monotonic() - started
    finally:
        started = time.monotonic()
        stack.scale(2)
    wait_shares(pair, HALVES)
    print(f"settled {joined:.1f} s after the third was ready, {time.monotonic() - started:.1f} s after it was told to go")
    whole(load, "a third came and went")


def test_orders_placed_at_either_reach_every_shard(pair, clients, orders_db, rest):
    placed = [{client.place(str(uuid.uuid4())) for _ in range(60)} for client in clients]
    for part, ids in zip(pair, placed):
        assert len(ids) == 60
        assert {shard_of(order_id) for order_id in ids} - set(orders_db.shards_of(part)), "none was forwarded"
    for order_id in placed[0] | placed[1]:
        assert rest.wait_ended(order_id) == "COMPLETED"
        for client in clients:
            assert client.order.GetOrder(client.order_pb.GetOrderRequest(order_id=order_id), timeout=5).order.status == 2


def test_an_order_is_cancelled_by_any_replica(stack, pair, clients, rest):
    """Payment is away, so that there is something to cancel."""
    stack.payment.stop()
    try:
        for number in range(12):
            order_id = clients[0].place(str(uuid.uuid4()))
            clients[number % 2].order.CancelOrder(
                clients[0].order_pb.CancelOrderRequest(order_id=order_id, reason="changed my mind"), timeout=5)
            stop = clients[0].order.GetOrder(clients[0].order_pb.GetOrderRequest(order_id=order_id), timeout=5).order
            assert stop.status == 1, "CANCELLED before the undo is confirmed"
            clients[number % 2].cancelled = getattr(clients[number % 2], "cancelled", []) + [order_id]
    finally:
        stack.payment.start()
    for client in clients:
        for order_id in client.cancelled:
            assert rest.wait_ended(order_id) == "CANCELLED"


def test_sagactl_works_against_any_replica_and_against_all(stack, pair, rest):
    """An order that waits for its next attempt is asked to try at once: the owner alone can do that."""
    stack.payment.stop()
    try:
        orders = [rest.place("product-selftest", 1) for _ in range(4)]
        addresses = [part.url for part in pair] + [",".join(part.url for part in pair)]
        for order_id in orders:
            for address in addresses:
                assert order_id in sagactl(stack, address, "show", order_id).stdout
                # At the moment it may just be trying.
                wait_until(lambda: sagactl(stack, address, "retry", order_id, "--reason", "now", "--by",
                                           address).returncode == 0, f"retry of {order_id} by {address}", every=0.05)
    finally:
        stack.payment.start()
    for order_id in orders:
        assert rest.wait_ended(order_id) == "COMPLETED"
        shown = sagactl(stack, addresses[0], "show", order_id).stdout
        assert all(f"retry requested  " in shown and f"local ({address}): now" in shown for address in addresses), shown


def sagactl(stack, address, *arguments):
    return subprocess.run([str(stack.build_dir / "bin" / "sagactl"), *arguments, "--address", address], text=True,
                          env=stack.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)


# --- owners that die, freeze, or are restarted -------------------------------------------------------------------------

def test_an_owner_is_killed_and_its_orders_go_on(stack, pair, rest, orders_db, whole):
    load = Load(rest, 180, threads=16, rate=40).start()
    times = []
    for kill in range(3):
        load.wait_accepted(30 + 50 * kill, 60)
        wait_shares(pair, HALVES)
        victim = pair[kill % 2]
        seconds, sagas = kill_owner(orders_db, victim)
        times.append(seconds)
        print(f"{victim.name} killed with {sagas} open sagas: all go on after {seconds:.2f} s")
        victim.start()
    print(f"take-over p50 {percentile(times, 50):.2f} s, p99 {percentile(times, 99):.2f} s (lease {LEASE:g} s)")
    assert max(times) <= LEASE + 1
    whole(load, "owner killed three times")


def test_a_frozen_owner_writes_nothing_when_it_thaws(stack, pair, rest, orders_db, whole):
    load = Load(rest, 120, threads=16, rate=40).start()
    load.wait_accepted(30, 60)
    victim = pair[0]
    pid, said = victim.pid, len(victim.log)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: len(orders_db.shards_of(pair[1])) == SHARDS, "the other to own all shards", every=0.01)
    load.wait_accepted(80, 60)
    tokens = orders_db.owners()
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: "lease ran out" in victim.log[said:] or "fenced" in victim.log[said:], "it to notice")
    wait_shares(pair, HALVES)
    # Whatever it owns now it has taken anew.
    assert all(token > tokens[shard][1] for shard, (address, token) in orders_db.owners().items()
               if address == victim.url)
    whole(load, "frozen past its lease")


@pytest.mark.parametrize("point", ["before_commit", "committed_not_acted"])
def test_an_owner_freezes_around_its_transaction(stack, pair, rest, orders_db, whole, point):
    victim = pair[1]
    victim.restart_faulty(f"orchestrator.{point}:stop:25")
    wait_shares(pair, HALVES)
    said = len(victim.log)
    load = Load(rest, 90, threads=16, rate=40).start()
    pid = victim.pid
    wait_until(lambda: frozen(pid), "it to freeze", 60)
    started = time.monotonic()
    sagas = orders_db.open_sagas(orders_db.shards_of(victim))
    wait_until(lambda: not orders_db.shards_of(victim) and orders_db.count_at_rest(sagas) == 0,
               "its sagas to go on elsewhere", every=0.01)
    taken = time.monotonic() - started
    print(f"frozen at {point} with {len(sagas)} open sagas: all go on after {taken:.2f} s")
    assert taken <= LEASE + 1
    load.wait_accepted(min(load.count, load.accepted() + 20), 60)
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: "lease ran out" in victim.log[said:] or "fenced" in victim.log[said:], "it to notice")
    whole(load, f"frozen at {point}")


def test_a_rolling_restart_loses_nothing(stack, pair, rest, whole):
    load = Load(rest, 240, threads=16, rate=30).start()
    for part in pair:
        load.wait_accepted(min(load.accepted() + 40, load.count), 60)
        wait_shares(pair, HALVES)
        part.restart()
    whole(load, "rolling restart")


# --- one key, many callers ----------------------------------------------------------------------------------------------

def place_at_once(pair, keys, callers, during):
    """Every key from so many threads at once, at all replicas in turn, again and again until `during` is set; each caller
    is patient. Returns the ids that were answered, by key."""
    answers = {key: set() for key in keys}
    problems = []

    def call(number, key):
        clients = [Replica(part) for part in pair]
        client = clients[number % len(pair)]
        deadline = time.monotonic() + 30
        answered = False
        while not problems and not (answered and during.is_set()):
            try:
                answers[key].add(client.place(key, email=f"fast+{key}@card.test"))
                answered = True
            except grpc_api.RpcError as problem:
                patient = problem.code() in (grpc_api.StatusCode.UNAVAILABLE, grpc_api.StatusCode.DEADLINE_EXCEEDED)
                if not patient or time.monotonic() > deadline:
                    problems.append(repr(problem))
                during.wait(0.05)
                client = clients[(clients.index(client) + 1) % len(clients)]  # as a client with several addresses does
        for client in clients:
            client.close()

    threads = [threading.Thread(target=call, args=(number, key), daemon=True)
               for key in keys for number in range(callers)]
    for thread in threads:
        thread.start()
    return threads, answers, problems


def one_order_each(threads, answers, problems, orders_db):
    for thread in threads:
        thread.join(60)
    assert not problems and not any(thread.is_alive() for thread in threads), problems[:3]
    for key, ids in answers.items():
        assert len(ids) == 1, f"{key} made {ids}"
        stored = orders_db.rows("SELECT id::text FROM sagas WHERE user_email = %s", f"fast+{key}@card.test")
        assert stored == [(ids.copy().pop(),)]


def test_one_key_sent_to_all_replicas_at_once_makes_one_order(pair, orders_db):
    once = threading.Event()
    once.set()
    one_order_each(*place_at_once(pair, [str(uuid.uuid4())], 50, once), orders_db)


def test_one_key_sent_during_a_take_over_makes_one_order(pair, orders_db, rest):
    """Ten keys, some of them in shards of the one that dies; each from five threads that keep asking."""
    over = threading.Event()
    threads, answers, problems = place_at_once(pair, [str(uuid.uuid4()) for _ in range(10)], 5, over)
    wait_until(lambda: any(answers.values()), "the first answer")
    kill_owner(orders_db, pair[0])
    over.set()
    one_order_each(threads, answers, problems, orders_db)
    for ids in answers.values():
        assert rest.wait_ended(ids.pop()) == "COMPLETED"


# --- the link to the database -------------------------------------------------------------------------------------------

def test_commits_in_doubt_end_right(stack, pair, rest, whole, tmp_path):
    """The connection is cut again and again exactly at a turn's COMMIT, by turns before and after it got through."""
    gate = CommitGate(stack.postgres.port())
    program = tmp_path / "orchestrator"
    program.write_text(f'#!/bin/sh\nexec "{stack.build_dir}/bin/orchestrator" '
                       f'--database-url postgresql://orders_db:orders_db@127.0.0.1:{gate.port}/orders_db "$@"\n')
    program.chmod(0o755)
    tmp_path.chmod(0o755)  # if root runs this, the orchestrator runs as another user
    victim = pair[0]
    victim.restart(ORCHESTRATOR_BINARY=str(program))
    try:
        wait_shares(pair, HALVES)
        gate.every = 7
        load = Load(rest, 160, threads=16, rate=40).start()
        load.join()
        gate.every = 0
        doubts = victim.metric("ordersaga_commits_in_doubt")
        print(f"{gate.turns} turns; COMMIT cut {gate.lost} times before and {gate.delivered} times after it got through; "
              f"{doubts:.0f} in doubt")
        assert min(gate.lost, gate.delivered) >= 3 and doubts >= gate.lost + gate.delivered - 1
        whole(load, "commits in doubt")
    finally:
        gate.every = 0
        victim.restart()
        gate.close()
