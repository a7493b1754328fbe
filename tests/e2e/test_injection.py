"""Text that would be SQL, another line of a log, or a terminal's command, in every field that takes text: it is refused or kept
as it is, and nothing else happens."""

import re
import subprocess
import urllib.parse
import uuid

import grpc as rpc
import psycopg2
import pytest

GOOD = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}
FORGED = "2026-01-01T00:00:00.000Z error orchestrator forged"
NASTY = ["'; DROP TABLE sagas; --", "x' OR '1'='1", "$1", "%s%n", "\\'; SELECT pg_sleep(30); --", "{\"a\":1}", "a\r\nX-Forged: 1",
         f"x\n{FORGED}", f"x\u2028{FORGED}", "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\x00b", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
         "${jndi:ldap://x}", "<script>alert(1)</script>", "=cmd|' /C calc'!A0"]
PARTS = ("gateway", "orchestrator", "payment", "inventory", "notification")


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


@pytest.fixture
def nothing_happened(stack):
    """Afterwards: the tables are there, nobody slept in SQL, and each line of our logs was written by us."""
    before = {part: len(stack.parts[part].log) for part in PARTS}
    yield
    for name, table in (("orders_db", "sagas"), ("payment_db", "transfers"), ("inventory_db", "effects"), ("notification_db", "effects")):
        with psycopg2.connect(stack.database_url(name)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
    for part in PARTS:
        for line in stack.parts[part].log[before[part]:].splitlines():
            assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info |warn |error) +\w+ ", line), (part, line)
            assert not line.startswith(FORGED) and not re.search(r"[\x00-\x1f\x7f\u2028\u202e]", line), (part, line)


def ok_or_refused(answer):
    assert answer.status < 500, answer
    assert "X-Forged" not in answer.headers
    return answer.status < 300


@pytest.mark.parametrize("nasty", NASTY)
def test_through_every_field_of_rest(rest, nothing_happened, nasty):
    order = rest.place("product-selftest", 1)
    def field(name):
        return ok_or_refused(rest.call("POST", "/api/v1/orders", {**GOOD, name: nasty}))
    field("item_id")
    assert not field("user_email"), "no address looks like this"
    assert not field("quantity")
    ok_or_refused(rest.call("POST", f"/api/v1/orders/{order}/cancel", {"reason": nasty}))
    quoted = urllib.parse.quote(nasty, safe="")
    for path in (f"/api/v1/orders/{quoted}", f"/api/v1/orders/{quoted}/events", f"/api/v1/products/{quoted}", f"/{quoted}",
                 *(f"/api/v1/orders?{name}={quoted}" for name in ("status", "user_email", "limit", "page_token", "q")),
                 f"/api/v1/orders/{order}?expand={quoted}"):
        ok_or_refused(rest.call("GET", path))
    if nasty.isascii() and nasty.isprintable():
        for name in ("Idempotency-Key", "X-Request-Id", "traceparent", "tracestate", "If-Match", "Prefer", "Authorization", "User-Agent",
                     "Last-Event-ID", "Accept"):
            ok_or_refused(rest.call("POST", "/api/v1/orders", GOOD, {name: nasty}))


@pytest.mark.parametrize("nasty", NASTY)
def test_through_every_field_of_grpc(stack, rest, grpc, nothing_happened, nasty):
    order = rest.place("product-selftest", 1)
    def tried(method, request):
        try:
            method(request, timeout=10)
        except rpc.RpcError as problem:
            assert problem.code() in (rpc.StatusCode.INVALID_ARGUMENT, rpc.StatusCode.NOT_FOUND,
                                      rpc.StatusCode.FAILED_PRECONDITION), problem
    tried(grpc.order.CancelOrder, grpc.order_pb.CancelOrderRequest(order_id=order, reason=nasty))
    tried(grpc.order.CancelOrder, grpc.order_pb.CancelOrderRequest(order_id=nasty, reason="x"))
    tried(grpc.order.GetOrder, grpc.order_pb.GetOrderRequest(order_id=nasty))
    tried(grpc.order.PlaceOrder, grpc.order_pb.PlaceOrderRequest(
        idempotency_key=nasty + str(uuid.uuid4()), user_email="fast@card.test",
        lines=[grpc.common_pb.Line(item_id="product-selftest", quantity=1)]))
    tried(grpc.saga.RetrySaga, grpc.saga_pb.RetrySagaRequest(id=order, reason=nasty))
    tried(grpc.saga.GetSaga, grpc.saga_pb.GetSagaRequest(id=nasty))
    tried(grpc.inventory.GetProduct, grpc.inventory_pb.GetProductRequest(item_id=nasty))
    tried(grpc.payment.GetCharge, grpc.payment_pb.GetChargeRequest(idempotency_key=nasty))


@pytest.mark.parametrize("nasty", [text for text in NASTY if "\x00" not in text])
def test_through_sagactl(stack, rest, nothing_happened, nasty):
    order = rest.place("product-selftest", 1)
    for words in (["show", nasty], ["retry", order, "--reason", nasty], ["list", "--by", nasty],
                  ["keys", "create", "--client", nasty, "--scope", "operate"],
                  ["keys", "create", "--client", "acme", "--scope", "operate", "--note", nasty], ["keys", "revoke", nasty]):
        done = subprocess.run([stack.build_dir / "bin/sagactl", *words, "--address", stack.orchestrator.url], capture_output=True,
                              text=True, timeout=20, env={})
        assert done.returncode in (0, 1, 2, 3, 4), (words, done)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stdout + done.stderr), done
    done = subprocess.run([stack.build_dir / "bin/sagactl", "list", "--tls-folder", "/"], capture_output=True, text=True, timeout=20,
                          env={"SAGACTL_KEY": nasty})
    assert done.returncode == 2 and "osk_<id>_<secret>" in done.stderr, done
    done = subprocess.run([stack.build_dir / "bin/sagactl", "keys", "list", "--address", stack.orchestrator.url], capture_output=True,
                          text=True, timeout=20, env={})
    assert done.returncode == 0 and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stdout), done.stdout
