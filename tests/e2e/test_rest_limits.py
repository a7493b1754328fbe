"""Every limit of the gateway, set low and reached; and many at once who do not get in each other's way."""

import json
import resource
import socket
import statistics
import time

import pytest

from support.sse import EventStream
from support.waiting import wait_until

POST = "/api/v1/orders"
GOOD = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}
SLOW = {**GOOD, "user_email": "timeout-then-success@card.test"}
LOW = {"MAX_BODY": "4000", "CLIENT_TIMEOUT": "300ms", "IDLE_TIMEOUT": "1s", "MAX_CONNECTIONS": "40",
       "MAX_CONNECTIONS_PER_ADDRESS": "20", "MAX_STREAMS": "2", "MAX_REQUESTS": "4", "LONGEST_WAIT": "2s"}
WIDE = {"MAX_CONNECTIONS": "12000", "MAX_CONNECTIONS_PER_ADDRESS": "12000", "IDLE_TIMEOUT": "10m"}


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


@pytest.fixture(scope="module")
def low(stack):
    stack.gateway.restart(**LOW)
    yield stack
    stack.gateway.restart()


@pytest.fixture(scope="module")
def wide(stack):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12_000:
        pytest.skip(f"12,000 file descriptors are needed, {hard} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 12_000), hard))
    stack.gateway.restart(**WIDE)
    yield stack
    stack.gateway.restart()


def connect(stack):
    return socket.create_connection(("127.0.0.1", stack.gateway.port()), timeout=10)


def everything(connection):
    chunks = []
    while True:
        chunk = connection.recv(65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


@pytest.mark.parametrize("method, path, body, headers, status, code", [
    ("GET", "/" + "a" * 2048, None, {}, 414, "URI_TOO_LONG"),
    ("GET", "/health", None, {"A": "a" * 8192}, 431, "HEADERS_TOO_LARGE"),
    ("POST", POST, {**GOOD, "item_id": "x" * 4000}, {}, 413, "BODY_TOO_LARGE"),
    ("POST", POST, {**GOOD, "more": json.loads("[" * 8 + "]" * 8)}, {}, 400, "INVALID_JSON"),
    ("POST", POST, {**GOOD, "quantity": 2**31}, {}, 400, "INVALID_REQUEST"),
    ("POST", POST, {"items": [{"item_id": "a", "quantity": 1}] * 51, "user_email": "a@b.co"}, {}, 400, "INVALID_REQUEST"),
])
def test_sizes(low, rest, method, path, body, headers, status, code):
    answer = rest.call(method, path, body, headers)
    assert answer.status == status and answer.json["code"] == code, answer


def test_what_is_just_small_enough_is_taken(low, rest):
    assert rest.call("POST", POST, {**GOOD, "more": json.loads("[" * 7 + "]" * 7)}).status == 202


@pytest.mark.parametrize("begun", [b"GET /health HTTP/1.1\r\nHost: localhost\r\nA:",
                                   b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"])
def test_slow_senders_get_408_however_busy_they_look(low, begun):
    """A byte now and then does not buy more time."""
    started = time.monotonic()
    with connect(low) as connection:
        connection.sendall(begun)
        connection.settimeout(0.05)
        answer = b""
        while b"\r\n\r\n" not in answer and time.monotonic() - started < 10:
            try:
                answer += connection.recv(65536)
            except TimeoutError:
                connection.sendall(b" ")
    assert answer.startswith(b"HTTP/1.1 408") and b"REQUEST_TIMEOUT" in answer, answer
    assert time.monotonic() - started < 3


def test_silent_connections_are_closed(low):
    with connect(low) as connection:
        assert everything(connection) == b""


HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def served(stack):
    """A connection that has been answered and is idle now; None while there is no place, others being still at it."""
    connection = connect(stack)
    connection.sendall(HEALTH)
    if connection.recv(65536).startswith(b"HTTP/1.1 200"):
        return connection
    connection.close()
    return None


def test_idle_connections_give_way(low, rest):
    """Many more than there are places: everybody is served, and of the idle the one that was served last stays longest."""
    idle = [wait_until(lambda: served(low), "a place") for _ in range(60)]
    try:
        assert rest.call("GET", "/health").status == 200
        assert everything(idle[0]) == b"", "it was closed without a word"
        idle[-1].sendall(HEALTH)
        assert idle[-1].recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        for connection in idle:
            connection.close()


@pytest.fixture
def patient(low):
    """As before, but whoever has begun a request may take long to send it, and to get its answer."""
    low.gateway.restart(**{**LOW, "CLIENT_TIMEOUT": "1m", "IDLE_TIMEOUT": "1m", "LONGEST_WAIT": "1m", "MAX_REQUESTS": "400"})
    yield low
    low.gateway.restart(**LOW)


def test_connections_of_one_address(patient, rest):
    """Those that have sent a part of a request keep their places."""
    held = [connect(patient) for _ in range(20)]
    for connection in held:
        connection.sendall(b"GET /health HTTP/1.1\r\n")
    try:
        def refused():
            with connect(patient) as one_too_many:
                one_too_many.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                answer = everything(one_too_many)
                return answer if answer.startswith(b"HTTP/1.1 429") else None
        answer = wait_until(refused, "the last of the twenty to be read")
        assert b"Retry-After: 1" in answer and b"TOO_MANY_CONNECTIONS" in answer
        for connection in held:
            connection.sendall(b"Host: localhost\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        for connection in held:
            connection.close()


def test_clients_that_have_gone_leave_their_places(patient, rest, mended):
    """More than there are places for ask, one after the other, for something that takes long, and go."""
    patient.payment.stop()
    order_id = rest.place("product-selftest", 1)
    question = f"GET {POST}/{order_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n\r\n".encode()
    for _ in range(3):
        waiting = [connect(patient) for _ in range(20)]
        for connection in waiting:
            connection.sendall(question)
        wait_until(lambda: patient.gateway.metric("ordersaga_http_requests_in_flight") >= 20, "all to be waited for")
        for connection in waiting:
            connection.close()
        wait_until(lambda: patient.gateway.metric("ordersaga_http_connections") == 0, "their places to be free", 5)
        wait_until(lambda: patient.gateway.metric("ordersaga_http_requests_in_flight") == 0, "their work to end", 5)
    assert rest.call("GET", "/health").status == 200


def test_streams(low, rest):
    order_id = rest.call("POST", POST, SLOW).json["order_id"]
    with EventStream(low, order_id) as one, EventStream(low, order_id) as two:
        assert (one.status, two.status) == (200, 200)
        answer = rest.call("GET", f"{POST}/{order_id}/events")
        assert answer.status == 503 and answer.json["code"] == "TOO_MANY_STREAMS" and answer.headers["Retry-After"]
        list(one), list(two)


def test_requests_at_once(low, rest):
    order_id = rest.call("POST", POST, SLOW).json["order_id"]
    waiting = [connect(low) for _ in range(4)]
    for connection in waiting:
        connection.sendall(f"GET {POST}/{order_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=30\r\n\r\n".encode())

    def shed():
        answer = rest.call("GET", "/health")
        return answer.status == 503 and answer
    answer = wait_until(shed, "the gateway to shed")
    assert answer.json["code"] == "OVERLOADED" and answer.headers["Retry-After"] == "1"
    # Those that wait are answered all the same, after the longest wait at the latest.
    for connection in waiting:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.close()


def test_overload_behind_the_gateway_is_passed_on(stack, rest, mended):
    """The orchestrator takes no more: 503 with Retry-After, and nothing is lost of what it took."""
    stack.orchestrator.restart(MAX_CALLS="2", MAX_WAITING="1")
    try:
        answers = [rest.call("POST", POST, SLOW) for _ in range(6)]
        taken = [answer.json["order_id"] for answer in answers if answer.status == 202]
        refused = [answer for answer in answers if answer.status != 202]
        assert taken and refused, answers
        for answer in refused:
            assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
            assert answer.json["code"] == "TOO_MANY_WAITING"
        for order_id in taken:
            assert rest.wait_ended(order_id, 60) == "COMPLETED"
    finally:
        stack.orchestrator.restart()


def p99_of_polls(rest, order_id, count=300):
    times = []
    for _ in range(count):
        started = time.monotonic()
        assert rest.call("GET", f"{POST}/{order_id}").status == 200
        times.append(time.monotonic() - started)
    return statistics.quantiles(times, n=100)[98]


@pytest.mark.alone
def test_ten_thousand_idle_connections_and_five_hundred_streams_slow_nobody(wide, rest):
    ended = rest.place("product-selftest", 1)
    rest.wait_ended(ended)
    before = min(p99_of_polls(rest, ended) for _ in range(2))
    idle, streams = [], []
    try:
        for _ in range(10_000):
            idle.append(connect(wide))
        order_ids = [rest.call("POST", POST, SLOW).json["order_id"] for _ in range(25)]
        for number in range(500):
            streams.append(EventStream(wide, order_ids[number % 25], seconds=60))
        assert {stream.status for stream in streams} == {200}
        during = min(p99_of_polls(rest, ended) for _ in range(2))
        # All of them are served, to the last.
        for stream in streams:
            assert list(stream)[-1].name == "outcome"
        for connection in idle[::100]:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        for stream in streams:
            stream.close()
        for connection in idle:
            connection.close()
    print(f"p99 of GET an order: {before * 1e3:.1f} ms alone, {during * 1e3:.1f} ms beside 10,000 idle and 500 streams")
    assert during < 3 * before + 0.02, (before, during)
