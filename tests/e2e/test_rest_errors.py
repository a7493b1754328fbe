"""What clients send by mistake or malice: the right 4xx with a body that says what is wrong, never a 5xx, never a
connection lost without an answer."""

import json
import socket
import uuid

import pytest

GOOD = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}
POST = "/api/v1/orders"


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def assert_clear(answer, *statuses):
    assert answer.status in statuses, answer
    body = answer.json
    assert isinstance(body["error"], str) and body["error"], body


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize("text", [
    b"", b" ", b"{", b"}", b"[]", b"null", b"1", b'"order"', b"{}", b'{"item_id"}', b"{'item_id': 'x'}",
    json.dumps(GOOD).encode()[:-1], json.dumps(GOOD).encode() + b"x", b"\x00\x01\x02", b"\xff\xfe",
    b"[" * 10000, b'{"a":' * 10000, b"<order/>", b"item_id=product-001&quantity=1",
    b'{"item_id":"a","quantity":1e999,"user_email":"a@b.co"}', b'{"item_id":"a","quantity":NaN,"user_email":"a@b.co"}',
], ids=lambda text: repr(text[:24]))
def test_malformed_bodies(rest, text):
    assert_clear(rest.call("POST", POST, text), 400)


@pytest.mark.parametrize("field", ["item_id", "quantity", "user_email"])
def test_each_field_is_required(rest, field):
    answer = rest.call("POST", POST, without(field))
    assert_clear(answer, 400)
    assert field in answer.body.decode()


@pytest.mark.parametrize("field, value", [
    ("item_id", ""), ("item_id", 1), ("item_id", None), ("item_id", []), ("item_id", {}), ("item_id", True),
    ("quantity", 0), ("quantity", -1), ("quantity", 1.5), ("quantity", "1"), ("quantity", None), ("quantity", True),
    ("quantity", 2**31), ("quantity", 2**63), ("quantity", 10**30), ("quantity", -2**31), ("quantity", [1]),
    ("user_email", ""), ("user_email", "nobody"), ("user_email", "a@"), ("user_email", "@b.co"), ("user_email", "a b@c.de"),
    ("user_email", None), ("user_email", 5), ("user_email", "a@b@c.de"), ("user_email", "a@b.co\r\nBcc: x@y.zz"),
    ("user_email", "a\u0000@b.co"), ("item_id", "a\u0000b"), ("item_id", "a\u0085"), ("item_id", "\u2028"),
    ("item_id", "a\u202eb"), ("user_email", "a\u2029@b.co"), ("user_email", "a@b\u2066.co"), ("user_email", "a\u0085@b.co"),
])
def test_wrong_fields(rest, field, value):
    answer = rest.call("POST", POST, {**GOOD, field: value})
    assert_clear(answer, 400)
    assert field in answer.body.decode()


@pytest.mark.parametrize("text", [
    b'{"item_id":"\\ud800","quantity":1,"user_email":"fast@card.test"}',
    b'{"item_id":"\xff\xfe","quantity":1,"user_email":"fast@card.test"}',
    b'{"item_id":"a","item_id":"b","quantity":1,"user_email":"fast@card.test"}',
])
def test_doubtful_bodies_are_refused(rest, text):
    assert_clear(rest.call("POST", POST, text), 400)


@pytest.mark.parametrize("number", [b"1.0", b"1e0", b"0.1e1"])
def test_whole_numbers_are_integers_however_they_are_written(rest, number):
    answer = rest.call("POST", POST, b'{"item_id":"product-selftest","quantity":%s,"user_email":"fast@card.test"}' % number)
    assert answer.status == 202
    assert rest.get(answer.json["order_id"])["quantity"] == 1


def test_a_bad_body_is_judged_before_the_version(rest):
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    for reason, status in ((7, 400), ("", 400), (None, 412)):
        answer = rest.call("POST", f"{POST}/{order_id}/cancel", {"reason": reason}, {"If-Match": '"99"'})
        assert_clear(answer, status)


@pytest.mark.parametrize("headers", [
    {"Content-Type": "application/x-www-form-urlencoded"},  # what `curl -d` sends, and the demo took
    {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-8"},
    {"Accept": "text/html"}, {"X-Request-Id": "\t" + "x" * 300}, {"Traceparent": "nonsense"},
])
def test_headers_the_demo_did_not_look_at_do_not_matter(rest, headers):
    assert rest.call("POST", POST, GOOD, headers).status == 202


def test_unknown_fields_are_ignored_as_in_the_demo(rest):
    assert rest.call("POST", POST, {**GOOD, "colour": "red", "nested": {"a": [1, 2]}}).status == 202


@pytest.mark.parametrize("email", ["a+tag@b.co", "a.b-c_d@sub.domain.example", "o'neil@example.com"])
def test_unusual_but_valid_addresses_are_taken(rest, email):
    assert rest.call("POST", POST, {**GOOD, "user_email": email}).status == 202


@pytest.mark.parametrize("size", [2_000_000, 20_000_000])
def test_oversized_bodies(rest, size):
    body = json.dumps({**GOOD, "item_id": "x" * size}).encode()
    assert_clear(rest.call("POST", POST, body), 413, 400)


@pytest.mark.parametrize("order_id", [
    "7d9f2b6e-0c1a-4f5e-9b3d-2a8c6e4f1b70", "00000000-0000-0000-0000-000000000000", "nonsense", "1", "-1", "%00", "%ff",
    "a%2Fb", "%27%3B--", "x" * 2000, "..", "%2e%2e", "null",
], ids=lambda text: text[:40])
def test_unknown_ids(rest, order_id):
    assert_clear(rest.call("GET", f"{POST}/{order_id}"), 404, 400)


def test_a_well_formed_unknown_id_is_404(rest):
    assert_clear(rest.call("GET", f"{POST}/{uuid.uuid4()}"), 404)


@pytest.mark.parametrize("method, path", [
    ("GET", "/"), ("GET", "/nope"), ("GET", "/api"), ("GET", "/api/v2/orders"), ("POST", "/api/v1/order"),
    ("GET", "/favicon.ico"), ("GET", "/api/v1/orders/a/b/c"), ("GET", "/../../etc/passwd"), ("GET", "/%2e%2e/%2e%2e"),
])
def test_unknown_routes(rest, method, path):
    assert_clear(rest.call(method, path), 404, 400)


@pytest.mark.parametrize("method, path", [
    ("DELETE", "/health"), ("PUT", POST), ("PATCH", POST), ("DELETE", POST), ("POST", "/health"), ("BREW", "/health"),
])
def test_wrong_methods_name_the_right_ones(rest, method, path):
    answer = rest.call(method, path)
    assert_clear(answer, 405)
    assert answer.headers["Allow"]


def raw(stack, data, more=b"", seconds=10):
    """Sends bytes and reads until the server closes, is done, or says nothing more. Returns everything."""
    with socket.create_connection(("127.0.0.1", stack.gateway.port()), timeout=seconds) as connection:
        connection.sendall(data)
        if more:
            try:
                connection.sendall(more)
            except OSError:
                pass  # it may have refused already; its answer is still to be read
        connection.shutdown(socket.SHUT_WR)
        chunks = []
        while True:
            chunk = connection.recv(65536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)


def first_status(answer):
    assert answer.startswith(b"HTTP/1."), answer[:200]
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("data", [
    b"\r\n\r\n\r\nnonsense\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /health\r\n\r\n",
    b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost localhost\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nBad Header: y\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nA: b\x00c\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"A: " + b"b" * 200_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: five\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: nonsense\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
], ids=lambda data: repr(data[:40]))
def test_broken_http_is_answered(stack, data):
    status = first_status(raw(stack, data))
    assert 400 <= status < 500 or status == 505, status


@pytest.mark.parametrize("head", [
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked;q=1\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: , chunked\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nA: b\r\n\tc\r\nContent-Length: 0\r\n",
    b"HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 0\r\n",
    b"HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n",
])
def test_what_two_readers_could_read_in_two_ways_is_refused_and_closed(stack, head):
    """What follows is the rest of a body to the one and a request to the other: it must get no answer."""
    with socket.create_connection(("127.0.0.1", stack.gateway.port()), timeout=10) as connection:
        connection.sendall(b"POST /api/v1/orders " + head + b"\r\nGET /api/v1/products/product-001 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):  # until it is closed
            answer += chunk
    assert first_status(answer) == 400 and b"MALFORMED_REQUEST" in answer
    assert answer.count(b"\r\nServer: ordersaga\r\n") == 1, answer


@pytest.mark.parametrize("head, status, code", [
    (b"Expect: nonsense\r\n", 417, b"EXPECTATION_FAILED"),
    (b"Content-Encoding: gzip\r\n", 415, b"UNSUPPORTED_CONTENT_ENCODING"),
])
def test_what_is_asked_for_and_not_known_is_refused(stack, head, status, code):
    answer = raw(stack, b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n" + head + b"\r\n{}")
    assert first_status(answer) == status and code in answer


@pytest.mark.parametrize("data", [
    b"GET http://x/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET HTTP://x:8080/health?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
])
def test_absolute_targets_and_empty_lines_before_them_are_taken(stack, data):
    assert first_status(raw(stack, data)) == 200


def test_a_chunked_body_is_read(stack):
    body = json.dumps(GOOD).encode()
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"
    answer = raw(stack, b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                        b"Connection: close\r\n\r\n", chunks)
    assert first_status(answer) == 202


def test_requests_in_a_row_on_one_connection_are_all_answered(stack):
    answer = raw(stack, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5)
    assert answer.count(b"HTTP/1.1 200") == 5, answer


def test_http_1_0_is_answered(stack):
    assert first_status(raw(stack, b"GET /health HTTP/1.0\r\n\r\n")) == 200


def test_a_body_that_ends_early_does_no_harm(stack, rest):
    raw(stack, b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{\"item_id\":")
    assert rest.call("GET", "/health").status == 200


def test_many_silent_connections_do_not_keep_others_out(stack, rest):
    silent = [socket.create_connection(("127.0.0.1", stack.gateway.port())) for _ in range(200)]
    try:
        assert rest.call("GET", "/health").status == 200
    finally:
        for connection in silent:
            connection.close()


def test_a_head_request_has_no_body(stack):
    answer = raw(stack, b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert first_status(answer) in (200, 405)
    assert answer.split(b"\r\n\r\n", 1)[1] == b""
