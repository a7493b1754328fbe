"""One stack for the whole session; tests that break things mend them before they end (fixture `mended`)."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.clients import Grpc, Rest  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.subscriber import Subscriber  # noqa: E402

# Retries soon, so that a test of a fault does not wait for a back-off meant for a bad day.
QUICK = {"ATTEMPT_TIMEOUT": "2s", "BACKOFF_INITIAL": "50ms", "BACKOFF_CAP": "500ms", "LEASE": "2s"}


@pytest.fixture(scope="session")
def stack():
    stack = Stack(**QUICK)
    try:
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
    subscriber = Subscriber(stack.amqp_url).start()
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


def pytest_collection_modifyitems(items):
    if os.environ.get("ORDERSAGA_LONG") == "1":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="of the long lane: ORDERSAGA_LONG=1"))


def environment_of(pid):
    return pathlib.Path(f"/proc/{pid}/environ").read_text(errors="replace")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: of the long lane; runs if ORDERSAGA_LONG=1")
    # Asked to stop by tests/run: leave by the same door as after Ctrl-C, so that the stack is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
