"""One stack for the whole session; tests that break things mend them before they end (fixture `mended`).

With pytest-xdist (`-n 3 --dist loadfile`) there are several sessions side by side. Each has a stack of its own, on ports
from its own share, and runs whole files, the longest first. Tests marked `alone` measure time, or use the machine whole:
while one runs, the other sessions wait between two tests.
"""

import contextlib
import fcntl
import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

SESSION = os.environ.get("PYTEST_XDIST_WORKER", "")  # gw0, gw1, ...; empty if there is one alone
if SESSION:
    os.environ["FREE_PORTS"] = f"{int(SESSION[2:]) + 1}/{os.environ['PYTEST_XDIST_WORKER_COUNT']}"
    if "ORDERSAGA_TEST_LOGS" in os.environ:
        os.environ["ORDERSAGA_TEST_LOGS"] += f"/{SESSION}"

from support.clients import Grpc, Rest  # noqa: E402
from support.secure import SCOPES, Secure  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.subscriber import Subscriber  # noqa: E402

# Where the minutes are. A session that began a long file last would keep all waiting.
LONGEST_FIRST = ("test_participants", "test_events_faults", "test_faults", "test_replicas", "test_replica_choice",
                 "test_bench_smoke", "test_compose", "test_database_trouble", "test_deploy", "test_smtp",
                 "test_audit_table", "test_secure", "test_injection", "test_https", "test_scenarios", "test_passwords", "test_trace", "test_events", "test_rest_limits")
# Retries soon, so that a test of a fault does not wait for a back-off meant for a bad day.
QUICK = {"ATTEMPT_TIMEOUT": "2s", "BACKOFF_INITIAL": "50ms", "BACKOFF_CAP": "500ms", "LEASE": "2s"}


def pytest_addoption(parser):
    parser.addoption("--secure", action="store_true", help="the stack that tests share stands behind TLS and keys (deploy/up --secure)")


@pytest.fixture(scope="session")
def stack(pytestconfig):
    stack = Stack(**QUICK)
    try:
        if pytestconfig.getoption("--secure"):
            secure = Secure(stack)
            secure.up()
            stack.key = secure.key("tests", *SCOPES)[1]
        else:
            stack.start()
        yield stack
    finally:
        if "ORDERSAGA_TEST_LOGS" in os.environ:
            stack.keep_logs(os.environ["ORDERSAGA_TEST_LOGS"])
        stack.close()


@pytest.fixture(scope="session")
def rest(stack):
    return Rest(stack)


@pytest.fixture(scope="session")
def grpc(stack):
    client = Grpc(stack)
    yield client
    client.close()


@pytest.fixture(scope="session")
def seeded(grpc):
    """The stock at first start, read before any order (the subscriber depends on it, and orders on the subscriber)."""
    products = grpc.inventory.ListProducts(grpc.inventory_pb.ListProductsRequest(), timeout=10).products
    return {product.id: product for product in products}


@pytest.fixture(scope="session")
def subscriber(stack, seeded):
    subscriber = Subscriber(stack.amqp_url, https=stack.https).start()
    yield subscriber
    subscriber.stop()


@pytest.fixture
def mended(stack):
    """For tests that stop, kill or swap parts: afterwards all run again, plain and with the stack's own settings."""
    yield
    for part in stack.parts.values():
        part.settings.clear()
    plain = {name: part.pid for name, part in stack.parts.items()}
    for name, pid in plain.items():
        if pid is not None and ("ORDERSAGA_FAULT" in environment_of(pid)):
            stack.parts[name].kill()
    stack.start_missing()


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    """Two lock files all sessions share: whoever waits at the door goes before those who come later."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if SESSION else folder
    with open(folder / "door", "w") as door, open(folder / "machine", "w") as inside:
        yield door, inside


@pytest.fixture(autouse=True)
def place_on_the_machine(request, machine):
    door, inside = machine
    alone = request.node.get_closest_marker("alone") is not None
    with locked(door, fcntl.LOCK_EX):
        fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    yield
    fcntl.flock(inside, fcntl.LOCK_UN)


@contextlib.contextmanager
def locked(file, how):
    fcntl.flock(file, how)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def pytest_collection_modifyitems(items):
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
    if os.environ.get("ORDERSAGA_LONG") == "1":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="of the long lane: ORDERSAGA_LONG=1"))


def environment_of(pid):
    return pathlib.Path(f"/proc/{pid}/environ").read_text(errors="replace")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: nothing else runs meanwhile")
    config.addinivalue_line("markers", "long: of the long lane; runs if ORDERSAGA_LONG=1")
    # Asked to stop by tests/run: leave by the same door as after Ctrl-C, so that the stack is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
