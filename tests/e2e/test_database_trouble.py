"""The database is there and does not do what it should: it freezes, refuses writes, waits for a standby that is away, or its
clock jumps. Nothing that is acknowledged may rest on it, nobody may wait without end, and everything says so."""

import http.client
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

from support.audit import audit
from support.clients import Grpc, Rest
from support.database_faults import Server, frozen
from support.load import Load
from support.orders_db import OrdersDb
from support.stack import ROOT, Stack
from support.subscriber import Subscriber
from support.take_over import kill_owner
from support.waiting import wait_until

LONG = os.environ.get("ORDERSAGA_LONG") == "1"
LEASE = 1.0
FAST = (("product-selftest", 1, "fast@card.test", "COMPLETED"),)
LIBFAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@pytest.fixture(scope="module")
def clock_file():
    """What PostgreSQL's clock is off by, in a folder that it can enter: it may run as another user."""
    with tempfile.TemporaryDirectory(prefix="ordersaga-clock.") as folder:
        os.chmod(folder, 0o755)
        file = pathlib.Path(folder) / "offset"
        file.write_text("+0")
        yield file


@pytest.fixture(scope="module")
def stack(clock_file):
    assert LIBFAKETIME is not None, "libfaketime is not installed (deploy/packages)"
    postgres = next(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    program = clock_file.parent / "postgres"
    program.write_text(f'#!/bin/sh\nexport LD_PRELOAD="{LIBFAKETIME}" FAKETIME_TIMESTAMP_FILE="{clock_file}" '
                       f'FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1\nexec "{postgres}" "$@"\n')
    program.chmod(0o755)
    clock_file.chmod(0o644)
    stack = Stack(ATTEMPT_TIMEOUT="2s", BACKOFF_INITIAL="50ms", BACKOFF_CAP="500ms", LEASE=f"{LEASE:g}s", replicas=2)
    stack.postgres.settings.update(POSTGRES_BINARY=str(program))
    try:
        stack.start()
        yield stack
    finally:
        clock_file.write_text("+0")
        if "ORDERSAGA_TEST_LOGS" in os.environ:
            stack.keep_logs(os.environ["ORDERSAGA_TEST_LOGS"] + "/database_trouble")
        stack.close()


@pytest.fixture(scope="module")
def rest(stack):
    return Rest(stack)


@pytest.fixture(scope="module")
def grpc(stack):
    client = Grpc(stack)
    yield client
    client.close()


@pytest.fixture(scope="module")
def server(stack):
    server = Server(stack)
    yield server
    server.close()


@pytest.fixture(scope="module")
def subscriber(stack, grpc):
    assert grpc.stock("product-selftest") > 0
    subscriber = Subscriber(stack.amqp_url, "trouble", one_queue=True).start()
    yield subscriber
    subscriber.stop()


@pytest.fixture
def whole(stack, rest, grpc, subscriber):
    """Afterwards all orders of a load have ended as they should, and everything adds up."""
    before = {"product-selftest": grpc.stock("product-selftest")}

    def run(load):
        load.join()
        for order_id, status in load.expected.items():
            assert rest.wait_ended(order_id, 60) == status, order_id
        subscriber.wait_for_end(list(load.expected), 60)
        audit(stack, rest, grpc, subscriber, list(load.expected), before)
    return run


def readiness(part):
    """The status of /readyz, and what it says."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{part.port('ADMIN_PORT')}/readyz?verbose", timeout=3) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()
    except OSError as problem:  # it does not listen yet
        return 0, str(problem)


def owners_of_data(stack):
    return [*stack.orchestrators, stack.payment, stack.inventory, stack.notification]


def all_ready(stack, seconds=30):
    wait_until(lambda: all(readiness(part)[0] == 200 for part in owners_of_data(stack)), "everything to be ready",
               seconds)


def place(rest):
    """One attempt of a client: status, and seconds it took."""
    started = time.monotonic()
    try:
        status = rest.call("POST", "/api/v1/orders",
                           {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}).status
    except (OSError, http.client.HTTPException):
        status = 0
    return status, time.monotonic() - started


def test_a_server_that_freezes_makes_nobody_wait_without_end_and_nobody_ready(stack, rest, whole):
    all_ready(stack)
    load = Load(rest, 60, threads=4, mix=FAST, rate=15).start()
    load.wait_accepted(10)
    with frozen(stack.postgres):
        for part in owners_of_data(stack):
            wait_until(lambda p=part: readiness(p)[0] == 503, f"{part.name} to say that it is not ready", 10)
            assert "does not answer" in readiness(part)[1] or "in doubt" in readiness(part)[1]
        status, seconds = place(rest)
        assert status in (503, 504) and seconds < 11
    all_ready(stack)
    whole(load)


def test_a_database_that_refuses_writes_is_told_at_once_and_says_why(stack, rest, server, whole):
    all_ready(stack)
    load = Load(rest, 40, threads=4, mix=FAST, rate=10).start()
    load.wait_accepted(5)
    with server.read_only("orders_db"):
        wait_until(lambda: all(readiness(part)[0] == 503 for part in stack.orchestrators), "not ready")
        wait_until(lambda: "read-only transaction" in readiness(stack.orchestrator)[1], "the reason")
    with server.read_only("payment_db"):
        wait_until(lambda: "read-only transaction" in readiness(stack.payment)[1], "payment's reason")
    all_ready(stack)
    whole(load)


def test_a_wrong_password_is_not_called_a_schema(stack):
    stack.payment.stop()
    stack.payment.start(wait=False, PAYMENT_DB_PASSWORD="wrong")
    wait_until(lambda: "password authentication failed" in readiness(stack.payment)[1], "the reason", 20)
    assert "schema" not in readiness(stack.payment)[1]
    stack.payment.stop()
    stack.payment.start()


def test_nothing_is_acknowledged_while_the_standby_is_away_not_even_when_waits_are_cut_short(stack, rest, server, whole):
    """PostgreSQL answers COMMIT with a warning then: committed here, perhaps nowhere else."""
    all_ready(stack)
    load = Load(rest, 60, threads=4, mix=FAST, rate=15).start()
    load.wait_accepted(10)
    with server.waits_cut_short(), server.standby_away():
        wait_until(lambda: sum(part.metric("ordersaga_commits_in_doubt") for part in stack.orchestrators) >= 1,
                   "a doubt")
        time.sleep(1)  # what was stored before is on its way to its client
        before = load.accepted()
        time.sleep(4)  # for so long nothing may be acknowledged
        assert load.accepted() == before
    all_ready(stack)
    whole(load)


def test_a_standby_that_stays_away_leaves_no_server_processes_behind(stack, rest, server, whole):
    all_ready(stack)
    at_rest = server.backends()
    load = Load(rest, 100, threads=8, mix=FAST, rate=10, patience=600).start()
    load.wait_accepted(10)
    most = waiting = 0
    with server.standby_away():
        until = time.monotonic() + (300 if LONG else 15)
        while time.monotonic() < until:
            most, waiting = max(most, server.backends()), max(waiting, server.commits_that_wait())
            time.sleep(0.2)
    print(f"at rest {at_rest} server processes, at most {most}, of them {waiting} in a commit that waits")
    assert waiting > 0
    assert most <= 2 * at_rest, f"{at_rest} at rest, {most} while the standby was away"
    all_ready(stack, 60)
    whole(load)


@pytest.mark.parametrize("offset", (3600, -3600))
def test_a_clock_that_jumps_cancels_nothing_stops_nothing_and_delays_no_take_over(stack, rest, whole, clock_file, offset):
    all_ready(stack)
    load = Load(rest, 150, threads=8, mix=FAST, rate=15).start()
    load.wait_accepted(15)
    clock_file.write_text(f"{offset:+d}")
    try:
        for part in stack.orchestrators:
            wait_until(lambda p=part: abs(p.metric("ordersaga_database_clock_offset_seconds") - offset) < 5, "the alarm")
        load.wait_accepted(60, 30)
        orders_db = OrdersDb(stack)
        seconds, _ = kill_owner(orders_db, stack.orchestrators[0])
        orders_db.close()
        print(f"clock {offset:+d} s: taken over after {seconds:.1f} s, the lease is {LEASE:g} s")
        assert seconds <= 2 * LEASE + 2
        whole(load)
    finally:
        clock_file.write_text("+0")
        stack.start_missing()
    all_ready(stack)
    for part in stack.orchestrators:
        wait_until(lambda p=part: abs(p.metric("ordersaga_database_clock_offset_seconds")) < 5, "the clock to be right")


def fill(folder, leave):
    """Leaves so many bytes free where the folder is, in a file "filler"; PostgreSQL may take some meanwhile."""
    with (folder / "filler").open("wb", buffering=0) as file:
        while (left := os.statvfs(folder)).f_bavail * left.f_frsize > leave:
            file.write(b"x" * min(1 << 20, left.f_bavail * left.f_frsize - leave))


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system: needs root")
def test_a_full_disk_is_told_at_once_and_says_why():
    """A stack of its own, PostgreSQL's data on a tmpfs."""
    stack = Stack(LEASE="2s")
    data = stack.folder / "postgres"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=230m", "tmpfs", str(data)], check=True)
    try:
        stack.start("postgres")
        (data / "data" / "local.conf").write_text("min_wal_size = '32MB'\nmax_wal_size = '64MB'\n")
        (data / "data" / "local.conf").chmod(0o644)
        stack.postgres.restart()
        stack.start()
        rest = Rest(stack)
        accepted = [rest.place("product-selftest", 1) for _ in range(50)]
        fill(data, leave=40_960)
        answers = [place(rest) for _ in range(150)]
        slowest = max(seconds for status, seconds in answers if status == 503)
        print(f"{len(answers)} orders on a full disk, {sum(status == 503 for status, _ in answers)} x 503, "
              f"the slowest after {slowest:.2f} s")
        assert {status for status, _ in answers} <= {202, 503} and answers[-1][0] == 503 and slowest < 1.5
        assert "No space left on device" in readiness(stack.orchestrator)[1]
        shown = subprocess.run([ROOT / "deploy" / "status"], env={**stack.environment, "QUIET": "0"}, check=False,
                               capture_output=True, text=True).stdout
        assert "No space left on device" in shown, shown
        (data / "filler").unlink()
        wait_until(lambda: readiness(stack.orchestrator)[0] == 200, "it to go on")
        for order_id in (*accepted, rest.place("product-selftest", 1)):
            assert rest.wait_ended(order_id, 30) == "COMPLETED"
    finally:
        subprocess.run([ROOT / "deploy" / "down"], env=stack.environment, check=False, capture_output=True)
        subprocess.run(["umount", str(data)], check=True)
        stack.close()
