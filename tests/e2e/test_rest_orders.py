"""Orders over REST beyond what the demo had: several lines, replays, lists, polls that cost little, waits, cancels."""

import json
import re
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.waiting import wait_until

POST = "/api/v1/orders"
GOOD = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}
# Answered when the test wants it to be: the payment of this card hangs for longer than an attempt may take.
SLOW = {**GOOD, "user_email": "timeout-then-success@card.test"}


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def assert_problem(answer, status, code):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == code and answer.json["error"] and answer.json["request_id"]


# Replays

def test_a_replay_is_the_same_answer_byte_for_byte(rest):
    headers = key()
    first = rest.call("POST", POST, GOOD, headers)
    assert first.status == 202 and "Idempotent-Replayed" not in first.headers
    assert first.headers["Location"] == f"{POST}/{first.json['order_id']}" and first.headers["Retry-After"] == "1"
    rest.wait_ended(first.json["order_id"])
    again = rest.call("POST", POST, GOOD, headers)
    assert (again.status, again.body) == (202, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("again", [
    json.dumps(dict(reversed(list(GOOD.items())))).encode(),       # another order of members
    json.dumps(GOOD, indent=3).encode() + b"\n",                   # other white space
    json.dumps({**GOOD, "colour": "red"}).encode(),                # a member that means nothing here
    json.dumps({"items": [{"item_id": GOOD["item_id"], "quantity": 1}], "user_email": GOOD["user_email"]}).encode(),
], ids=["order", "space", "unknown", "items"])
def test_how_the_same_order_is_written_does_not_matter(rest, again):
    headers = key()
    first = rest.call("POST", POST, GOOD, headers)
    answer = rest.call("POST", POST, again, headers)
    assert (answer.status, answer.body) == (202, first.body), answer


def test_quoted_and_bare_keys_are_the_same(rest):
    name = str(uuid.uuid4())
    first = rest.call("POST", POST, GOOD, {"Idempotency-Key": name})
    assert rest.call("POST", POST, GOOD, {"Idempotency-Key": f'"{name}"'}).body == first.body


@pytest.mark.parametrize("change", [{"quantity": 2}, {"item_id": "product-other"}, {"user_email": "fast+x@card.test"}])
def test_a_key_used_for_another_order_is_refused(rest, change):
    headers = key()
    assert rest.call("POST", POST, GOOD, headers).status == 202
    assert_problem(rest.call("POST", POST, {**GOOD, **change}, headers), 422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("name", ["", '""', "x" * 256, "caf\u00e9", '"' + "x" * 256 + '"'])
def test_keys_that_cannot_be_kept_are_refused(rest, name):
    answer = rest.call("POST", POST, GOOD, {"Idempotency-Key": name.encode("latin-1")})
    assert_problem(answer, 400, "INVALID_REQUEST")
    assert answer.json["errors"][0]["header"] == "Idempotency-Key"


def test_a_key_of_255_characters_is_taken(rest):
    assert rest.call("POST", POST, GOOD, {"Idempotency-Key": uuid.uuid4().hex + "k" * 223}).status == 202


def test_concurrent_twins_join(rest):
    headers = key()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: rest.call("POST", POST, GOOD, headers), range(16)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


# Several lines

def test_an_order_of_several_lines(rest, grpc):
    items = [{"item_id": "product-selftest", "quantity": 2}, {"item_id": "product-002", "quantity": 1}]
    before = grpc.stock("product-002")
    answer = rest.call("POST", POST, {"items": items, "user_email": "fast@card.test"})
    assert answer.status == 202, answer
    assert rest.wait_ended(answer.json["order_id"]) == "COMPLETED"
    order = rest.get(answer.json["order_id"])
    assert order["items"] == items and order["total"] == {"amount_minor": 5002, "currency": "USD"}
    assert (order["item_id"], order["quantity"]) == ("product-selftest", 2)
    assert grpc.stock("product-002") == before - 1


@pytest.mark.parametrize("body, pointer", [
    ({"items": []}, "/items"), ({"items": {}}, "/items"), ({"items": [1]}, "/items/0"),
    ({"items": [{"item_id": "a", "quantity": 1}] * 51}, "/items"),
    ({"items": [{"item_id": "a", "quantity": 1}, {"item_id": "a", "quantity": 0}]}, "/items/1/quantity"),
    ({"items": [{"quantity": 1}]}, "/items/0/item_id"),
    ({"items": [{"item_id": "a", "quantity": 1}], "quantity": 1}, "/quantity"),
    ({"item_id": "a", "quantity": "1"}, "/quantity"),
])
def test_a_bad_line_is_pointed_at(rest, body, pointer):
    answer = rest.call("POST", POST, {**body, "user_email": "fast@card.test"})
    assert_problem(answer, 400, "INVALID_REQUEST")
    assert pointer in [error["pointer"] for error in answer.json["errors"]], answer


# Waits and polls

def test_prefer_wait_answers_with_the_outcome(rest):
    answer = rest.call("POST", POST, GOOD, {"Prefer": "respond-async, wait=15"}, seconds=20)
    assert answer.status == 200, answer
    assert answer.json["status"] == "COMPLETED" and answer.headers["Preference-Applied"] == "wait"
    assert answer.headers["Location"] == f"{POST}/{answer.json['id']}"


def test_prefer_wait_gives_up_in_time(rest):
    started = time.monotonic()
    answer = rest.call("POST", POST, SLOW, {"Prefer": "wait=1"})
    assert answer.status == 202 and answer.json["status"] == "PENDING", answer
    assert 0.9 < time.monotonic() - started < 5
    started = time.monotonic()
    assert rest.call("GET", f"{POST}/{answer.json['order_id']}", headers={"Prefer": "wait=15"}, seconds=20).json[
        "status"] != "PENDING"


@pytest.mark.parametrize("preference", ["wait", "wait=", "wait=x", "wait=-1", "wait=0", "", "return=minimal", ",;,=",
                                        "waiting=5"])
def test_preferences_that_mean_nothing_are_ignored(rest, preference):
    assert rest.call("POST", POST, GOOD, {"Prefer": preference}).status == 202


def test_a_poll_of_what_has_not_changed_costs_nothing(rest, grpc):
    order_id = rest.place("product-selftest", 1)
    grpc.wait_finished(order_id)
    path = f"{POST}/{order_id}"
    tag = rest.call("GET", path).headers["ETag"]
    for known in (tag, f'W/{tag}, "other"', "*"):
        answer = rest.call("GET", path, headers={"If-None-Match": known})
        assert (answer.status, answer.body) == (304, b""), answer
        assert answer.headers["ETag"] == tag
    assert rest.call("GET", path, headers={"If-None-Match": '"other"'}).status == 200


# Expand

def test_expand_shows_what_others_know(rest):
    order_id = rest.place("product-selftest", 3)
    rest.wait_ended(order_id)
    plain = rest.call("GET", f"{POST}/{order_id}")
    assert not {"saga", "payment", "events"} & set(plain.json)
    answer = rest.call("GET", f"{POST}/{order_id}?expand=saga,payment,events")
    assert answer.status == 200, answer
    assert "ETag" not in answer.headers
    assert [step["name"] for step in answer.json["saga"]["steps"]] == ["payment", "inventory", "notification"]
    assert answer.json["saga"]["journal"][0]["sequence"] == 1
    (charge,) = answer.json["payment"]["charges"]
    assert [event["routing_key"] for event in answer.json["events"]] == [
        "order.created", "payment.successful", "inventory.successful", "order.completed"]
    assert [event["sequence"] for event in answer.json["events"]] == [1, 2, 3, 4]
    assert {event["body"]["order_id"] for event in answer.json["events"]} == {order_id}
    assert charge["state"] == "APPLIED" and charge["amount"] == {"amount_minor": 3, "currency": "USD"}


def test_expand_of_what_there_is_not(rest):
    order_id = rest.place("product-selftest", 1)
    answer = rest.call("GET", f"{POST}/{order_id}?expand=saga,nonsense")
    assert_problem(answer, 400, "INVALID_REQUEST")
    assert answer.json["errors"][0]["parameter"] == "expand"
    assert_problem(rest.call("GET", f"{POST}/{uuid.uuid4()}?expand=saga"), 404, "ORDER_NOT_FOUND")


# Lists

def pages(rest, query, limit):
    cursor, seen = None, []
    while True:
        answer = rest.call("GET", f"{POST}?{query}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer
        seen.append(answer.json["data"])
        assert len(answer.json["data"]) <= limit
        assert answer.json["has_more"] == ("next_cursor" in answer.json)
        if not answer.json["has_more"]:
            return seen
        cursor = answer.json["next_cursor"]


def test_lists_are_newest_first_and_page_without_holes(rest):
    email = f"fast+{uuid.uuid4().hex}@card.test"
    placed = [rest.place("product-selftest", 1, email) for _ in range(7)]
    found = pages(rest, f"user_email={email.replace('+', '%2B')}", 3)
    assert [len(page) for page in found] == [3, 3, 1]
    orders = [order for page in found for order in page]
    assert [order["id"] for order in orders] == list(reversed(placed))
    assert orders[0]["user_email"] == email
    # Exactly full pages have no empty one behind them.
    assert [len(page) for page in pages(rest, f"user_email={email.replace('+', '%2B')}", 7)] == [7]


def test_lists_by_status_and_time(rest):
    email = f"fast+{uuid.uuid4().hex}@card.test"
    query = f"user_email={email.replace('+', '%2B')}"
    first = rest.place("product-selftest", 1, email)
    second = rest.place("no-such-product", 1, email)
    assert rest.wait_ended(first) == "COMPLETED" and rest.wait_ended(second) == "CANCELLED"

    def ids(more):
        return [order["id"] for page in pages(rest, query + more, 50) for order in page]
    assert ids("&status=COMPLETED") == [first] and ids("&status=CANCELLED") == [second] and ids("&status=PENDING") == []
    border = rest.get(second)["created_at"]
    assert ids(f"&since={border}") == [second] and ids(f"&until={border}") == [first]
    assert ids("&since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:01%2B02:00") == []


def test_pending_orders_are_listed_newest_first_and_page_without_holes(rest):
    placed = [rest.call("POST", POST, SLOW).json["order_id"] for _ in range(7)]
    found = [order for page in pages(rest, "status=PENDING", 3) for order in page]
    border = rest.get(placed[3])["created_at"]
    later = [order["id"] for page in pages(rest, f"status=PENDING&since={border}", 3) for order in page]
    assert {order["status"] for order in found} == {"PENDING"}
    ids = [order["id"] for order in found]
    assert ids == sorted(set(ids), reverse=True)
    assert set(placed) <= set(ids) and set(later) & set(placed) == set(placed[3:])
    for order_id in placed:
        rest.wait_ended(order_id)


@pytest.mark.parametrize("query, parameter", [
    ("status=pending", "status"), ("status=", "status"), ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"),
    ("since=yesterday", "since"), ("until=infinite-future", "until"), ("since=0000-01-01T00:00:00Z", "since"),
    ("user_email=nobody", "user_email"), ("cursor=", "cursor"), ("cursor=nonsense", "cursor"), ("cursor=%00", "cursor"),
    ("user_email=%ff%fe@b.co", "user_email"),
])
def test_bad_parameters_are_named(rest, query, parameter):
    answer = rest.call("GET", f"{POST}?{query}")
    assert_problem(answer, 400, "INVALID_REQUEST")
    assert [error["parameter"] for error in answer.json["errors"]] == [parameter]


# Cancel

def test_cancel_before_the_goods_are_reserved(rest, grpc):
    order_id = rest.call("POST", POST, SLOW).json["order_id"]
    answer = rest.call("POST", f"{POST}/{order_id}/cancel", {"reason": "changed my mind"})
    assert answer.status == 202 and answer.json["order_id"] == order_id, answer
    assert answer.headers["Location"] == f"{POST}/{order_id}"
    assert rest.wait_ended(order_id) == "CANCELLED"
    assert rest.get(order_id)["reason"] == "CANCELLED_BY_CUSTOMER"
    charge = grpc.charge(order_id)
    assert charge is None or charge.refunded.amount_minor == charge.amount.amount_minor or \
        grpc.state_of(charge) in ("VOIDED", "REJECTED")
    # Again is no error.
    assert rest.call("POST", f"{POST}/{order_id}/cancel").status == 202


def test_cancel_too_late(rest):
    order_id = rest.place("product-selftest", 1)
    assert rest.wait_ended(order_id) == "COMPLETED"
    assert_problem(rest.call("POST", f"{POST}/{order_id}/cancel"), 409, "ORDER_ALREADY_COMPLETED")
    assert rest.status(order_id) == "COMPLETED"


def test_cancel_of_what_there_is_not(rest):
    for order_id in (uuid.uuid4(), "nonsense"):
        assert_problem(rest.call("POST", f"{POST}/{order_id}/cancel"), 404, "ORDER_NOT_FOUND")


@pytest.mark.parametrize("body, code", [
    (b"{", "INVALID_JSON"), (b"[]", "INVALID_JSON"), ({"reason": 5}, "INVALID_REQUEST"), ({"reason": ""}, "INVALID_REQUEST"),
    ({"reason": "x" * 256}, "INVALID_REQUEST"), ({"reason": "a\u0000b"}, "INVALID_REQUEST"),
])
def test_cancel_with_a_bad_body_cancels_nothing(rest, body, code):
    order_id = rest.place("product-selftest", 1)
    assert_problem(rest.call("POST", f"{POST}/{order_id}/cancel", body), 400, code)
    assert rest.wait_ended(order_id) == "COMPLETED"


def test_cancel_only_the_version_that_was_seen(rest):
    order_id = rest.call("POST", POST, SLOW).json["order_id"]
    for stale in ('"999999"', '"x"', "7", 'W/"1"'):
        answer = rest.call("POST", f"{POST}/{order_id}/cancel", headers={"If-Match": stale})
        assert_problem(answer, 412, "ORDER_CHANGED")

    def cancelled():
        tag = rest.call("GET", f"{POST}/{order_id}").headers["ETag"]
        return rest.call("POST", f"{POST}/{order_id}/cancel", headers={"If-Match": tag}).status == 202
    wait_until(cancelled, "a cancel of the version just seen")
    assert rest.wait_ended(order_id) == "CANCELLED"


# Products

def test_products(rest, grpc):
    answer = rest.call("GET", "/api/v1/products")
    assert answer.status == 200, answer
    products = {product["id"]: product for product in answer.json["data"]}
    assert products["product-001"]["name"] == "Laptop"
    assert products["product-001"]["unit_price"] == {"amount_minor": 5000, "currency": "USD"}
    one = rest.call("GET", "/api/v1/products/product-003")
    assert one.status == 200 and one.json["name"] == "Keyboard" and one.json["stock"] == grpc.stock("product-003")


@pytest.mark.parametrize("product", ["nope", "%ff", "%00", "a%2Fb", "x" * 1000])
def test_products_there_are_not(rest, product):
    answer = rest.call("GET", f"/api/v1/products/{product}")
    assert answer.status in (400, 404) and answer.json["error"], answer


# Ids and traces

def test_request_ids_come_back_and_are_logged(rest, stack):
    name = f"test-{uuid.uuid4().hex}"
    answer = rest.call("POST", POST, GOOD, {"X-Request-Id": name})
    assert answer.headers["X-Request-Id"] == name
    assert rest.call("GET", "/nope", headers={"X-Request-Id": name}).json["request_id"] == name
    made = rest.call("GET", "/nope")
    assert made.json["request_id"] == made.headers["X-Request-Id"] != name
    wait_until(lambda: re.search(rf"{answer.json['order_id']}.*{name}|{name}.*{answer.json['order_id']}",
                                 stack.gateway.log), "the log to name order and request")


def test_every_answer_is_counted(rest, stack):
    rest.call("GET", "/nope")
    rest.call("GET", f"{POST}/{uuid.uuid4()}")
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.gateway.port('ADMIN_PORT')}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    assert re.search(r'^ordersaga_http_requests_total\{.*code="404".*route="none".*\} [1-9]', page, re.M), page
    assert re.search(r'^ordersaga_http_requests_total\{.*code="404".*route="/api/v1/orders/\{order_id\}".*\} [1-9]', page,
                     re.M), page
    for name in ("connections", "requests_in_flight", "streams", "request_duration_seconds_count"):
        assert re.search(rf"^ordersaga_http_{name} \d", page, re.M), name


def test_pages_for_machines(rest, stack):
    assert rest.call("GET", "/health").json == {"status": "healthy"}
    assert rest.call("GET", "/livez").body == b"ok\n"
    assert rest.call("GET", "/readyz").body == b"ok\n"
    assert b"[+] orchestrator ok" in rest.call("GET", "/readyz?verbose").body


@pytest.mark.parametrize("bound, found", (("since=0066-01-01T00:00:00Z", True), ("since=0001-01-01T00:00:00Z", True),
                                          ("until=0012-12-31T00:00:00Z", False), ("until=0099-12-31T00:00:00Z", False),
                                          ("since=9999-12-31T23:59:59Z", False)))
def test_a_time_of_any_year_is_understood(rest, bound, found):
    rest.place("product-selftest", 1)
    answer = rest.call("GET", f"/api/v1/orders?limit=1&{bound}", seconds=5)
    assert answer.status == 200, answer
    assert bool(answer.json["data"]) == found
