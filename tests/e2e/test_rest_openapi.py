"""The description is true: what it says is served, and what it does not say does not happen. Every answer that any test
gets through Rest.call is held against it as well (support/openapi.py).

1,500 generated requests; ORDERSAGA_LONG=1 makes it 20,000."""

import json
import os
import string
import urllib.parse
import uuid

import hypothesis
import hypothesis.strategies as st
import pytest

from support.openapi import DESCRIPTION, NotDescribed

REQUESTS = 20_000 if os.environ.get("ORDERSAGA_LONG") else 1_500
SCHEMAS = DESCRIPTION.spec["components"]["schemas"]


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def test_it_is_served_as_it_is_written(rest):
    answer = rest.call("GET", "/openapi.json")
    assert answer.headers["Content-Type"] == "application/json" and answer.json == DESCRIPTION.spec


def test_the_page_for_people_needs_nobody_else(rest):
    answer = rest.call("GET", "/docs")
    assert answer.headers["Content-Type"].startswith("text/html")
    page = answer.body.decode()
    assert "/openapi.json" in page and "http://" not in page and "https://" not in page and "src=" not in page


def test_references_lead_somewhere_and_operations_have_names():
    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                DESCRIPTION.resolve(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(DESCRIPTION.spec)
    operations = [operation for item in DESCRIPTION.spec["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["tags"] for operation in operations)


@pytest.mark.parametrize("method, path, status, body", [
    ("GET", "/health", 200, b'{"status":"ill"}'),
    ("GET", "/health", 200, b'{"status":"healthy","more":1}'),
    ("GET", "/nope", 200, b"{}"),
    ("PUT", "/api/v1/orders", 202, b"{}"),
    ("GET", f"/api/v1/orders/{uuid.UUID(int=7)}", 410, b"{}"),
    ("GET", f"/api/v1/orders/{uuid.UUID(int=7)}", 404, b'{"error":"no problem"}'),
    ("GET", "/api/v1/products", 200, b'{"data":[{"id":"x"}]}'),
])
def test_the_check_itself_finds_what_is_wrong(method, path, status, body):
    with pytest.raises(NotDescribed):
        DESCRIPTION.check(method, path, status, {"X-Request-Id": "x", "Content-Type": "application/json"}, body)


# Valid, invalid and boundary values of everything a request has.
texts = st.one_of(st.sampled_from(["", "a", "product-selftest", "product-001", "x" * 255, "x" * 256, "\u00e9" * 127, "\u2028",
                                   "\x00", "\x1f", "'; DROP TABLE orders; --", "../..", "null", "\U0001f600"]),
                  st.text(max_size=40))
emails = st.one_of(st.sampled_from(["fast@card.test", "a@b.co", "", "a", "@", "a@", "a@b", "a@b..c", "a b@c.de", '"a"@b.co',
                                    "a@b.co\r\nBcc: x@y.zz", "x" * 242 + "@card.test", "x" * 260 + "@card.test"]),
                   st.emails())
quantities = st.one_of(st.sampled_from([1, 2, 0, -1, 2**31 - 1, 2**31, 2**63, -2**63, 10**30, 1.0, 1.5, True, None, "1"]),
                       st.integers())
junk = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8)
good_order = st.fixed_dictionaries({"item_id": st.sampled_from(["product-selftest", "nope"]), "quantity": st.integers(1, 9),
                                    "user_email": st.just("fast@card.test")})
items = st.lists(st.one_of(st.fixed_dictionaries({"item_id": texts, "quantity": quantities}), junk), max_size=4)
any_order = st.fixed_dictionaries({}, optional={"item_id": st.one_of(texts, junk), "quantity": st.one_of(quantities, junk),
                                                "user_email": st.one_of(emails, junk), "items": st.one_of(items, junk),
                                                "more": junk})
bodies = st.one_of(good_order.map(json.dumps), any_order.map(json.dumps), junk.map(json.dumps), st.just(""),
                   st.text(string.printable, max_size=60)).map(str.encode) | st.binary(max_size=60)
visible = st.text("".join(map(chr, range(33, 127))), min_size=1, max_size=60)
header_values = st.one_of(visible, st.sampled_from(["", "*", '"1"', 'W/"1"', "wait=0", "wait=1", "wait=x", "x" * 300,
                                                    "text/html", "application/json", "0", "-1", "99999999999999999999"]))
headers = st.dictionaries(
    st.sampled_from(["Idempotency-Key", "Content-Type", "Accept", "If-None-Match", "If-Match", "X-Request-Id", "Traceparent",
                     "Tracestate", "Last-Event-ID", "Prefer"]), header_values, max_size=4)
times = st.one_of(st.datetimes().map(lambda time: time.isoformat() + "Z"), texts)
queries = st.dictionaries(
    st.sampled_from(["user_email", "status", "since", "until", "limit", "cursor", "expand", "verbose", "last_event_id", "x"]),
    st.one_of(texts, emails, times, st.integers(-1, 101).map(str),
              st.sampled_from(["PENDING", "COMPLETED", "saga", "payment", "saga,payment", "%", "&"])), max_size=3)
ROUTES = sorted(DESCRIPTION.spec["paths"]) + ["/", "/nope", "/api/v1/orders/", "/api/v1/orders/{order_id}/nope"]
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]


@st.composite
def requests(draw):
    route = draw(st.sampled_from(ROUTES + ["/api/v1/orders"] * 8))
    known = DESCRIPTION.spec["paths"].get(route, {})
    methods = [method.upper() for method in known] * 6 + METHODS
    value = draw(st.one_of(st.sampled_from(["{known}", str(uuid.UUID(int=7)), "x", "%ff", "%00"]),
                           texts.map(lambda text: urllib.parse.quote(text, safe=""))))
    path = route.replace("{order_id}", value).replace("{product_id}", value)
    query = urllib.parse.urlencode(draw(queries), errors="surrogatepass")
    method = draw(st.sampled_from(methods))
    body = draw(bodies) if method in ("POST", "PUT", "PATCH") else None
    return method, path + ("?" + query if query else ""), body, draw(headers)


def test_generated_requests_get_described_answers(rest):
    ended = rest.place("product-selftest", 1)
    rest.wait_ended(ended)

    @hypothesis.settings(max_examples=REQUESTS, deadline=None, database=None, derandomize=True,
                         suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(requests())
    def run(request):
        method, path, body, sent = request
        # Only an order that has ended, or is none: an event stream of an open one would be waited for.
        path = path.replace("{known}", ended)
        answer = rest.call(method, path, body, {name: value.encode("latin-1") for name, value in sent.items()})
        # Refused by Rest.call where the description has no such answer; a 5xx is a failure even where it has.
        assert answer.status < 500, (request, answer)
        if method == "POST" and path.split("?")[0] == "/api/v1/orders" and answer.status in (200, 202):
            assert DESCRIPTION.accepts(json.loads(body), "NewOrder"), (body, answer)
    run()
    assert {status for _, _, status in DESCRIPTION.seen} >= {200, 202, 400, 404, 405}
