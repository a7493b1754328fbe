"""sagactl against a running orchestrator."""

import subprocess

import pytest

from support.answering import Answering


@pytest.fixture
def sagactl(stack):
    def run(*arguments):
        environment = {**stack.environment, "SAGACTL_ADDRESS": f"127.0.0.1:{stack.orchestrator.port()}"}
        return subprocess.run([str(stack.build_dir / "bin" / "sagactl"), *arguments], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    return run


def test_list_shows_an_order(sagactl, rest, subscriber):
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    done = sagactl("list")
    assert done.returncode == 0, done.stderr
    assert order_id in done.stdout


def test_list_open_shows_those_that_have_not_finished(sagactl, rest, grpc, subscriber):
    ended = rest.place("product-selftest", 1)
    grpc.wait_finished(ended)
    waiting = rest.place("product-selftest", 1, "timeout-then-success@card.test")
    done = sagactl("list", "--open")
    assert done.returncode == 0, done.stderr
    assert waiting in done.stdout and ended not in done.stdout
    rest.wait_ended(waiting)


def test_show_tells_the_story_of_an_order(sagactl, rest, subscriber):
    order_id = rest.place("product-001", 999)
    rest.wait_ended(order_id)
    done = sagactl("show", order_id)
    assert done.returncode == 0, done.stderr
    for word in (order_id, "CANCELLED", "payment", "inventory"):
        assert word in done.stdout, done.stdout


def test_an_unknown_saga_is_an_error(sagactl):
    done = sagactl("show", "00000000-0000-0000-0000-000000000000")
    assert done.returncode != 0
    assert done.stderr


def test_help_has_examples(sagactl):
    done = sagactl("--help")
    assert done.returncode == 0
    assert "list" in done.stdout and "show" in done.stdout


OTHER_SERVERS = {
    "http, closing": Answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", close=True),
    "http, staying": Answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False),
    "nothing": Answering(b"", close=True),
    "garbage": Answering(bytes(range(256)) * 4, close=False),
}


@pytest.mark.parametrize("command", [("list",), ("show", "018f0000-0000-7000-8000-000000000000"), ("audit",),
                                     ("events", "held")], ids=lambda command: command[0])
@pytest.mark.parametrize("server", OTHER_SERVERS.values(), ids=OTHER_SERVERS.keys())
def test_what_is_no_grpc_server_is_unreachable(sagactl, server, command):
    with server as address:
        done = sagactl("--address", address, "--timeout", "5s", *command)
    assert done.returncode == 5, done
    assert address in done.stderr and "does not speak gRPC" in done.stderr


def test_an_audit_names_the_service_that_is_no_grpc_server(sagactl):
    with OTHER_SERVERS["http, closing"] as address:
        done = sagactl("audit", "--payment", address)
    assert done.returncode == 5, done
    assert address in done.stderr and "--payment" in done.stderr
