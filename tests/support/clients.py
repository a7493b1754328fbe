"""Clients of a stack: REST as customers use it, gRPC as engineers do."""

import json
import urllib.error
import urllib.request

import grpc

from . import stubs
from .openapi import DESCRIPTION
from .waiting import wait_until


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"HTTP {self.status} {self.body[:300]!r}"


class Rest:
    def __init__(self, stack):
        self.base = stack.rest_url
        self.https = stack.https
        self.credential = {"Authorization": f"Bearer {stack.key}"} if stack.key else {}

    def call(self, method, path, body=None, headers=None, seconds=15):
        """Any answer is returned, errors too; a lost connection raises. So does an answer that is not described."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={
            **({"Content-Type": "application/json"} if data is not None else {}), **self.credential, **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=seconds, context=self.https) as answer:
                got = Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            got = Answer(answer.code, answer.headers, answer.read())
        DESCRIPTION.check(method, path, got.status, got.headers, got.body)
        return got

    def place(self, item_id, quantity, user_email="fast@card.test", headers=None):
        """Places an order as the demo's clients do and returns its id."""
        answer = self.call("POST", "/api/v1/orders",
                           {"item_id": item_id, "quantity": quantity, "user_email": user_email}, headers)
        assert answer.status == 202, answer
        return answer.json["order_id"]

    def get(self, order_id):
        answer = self.call("GET", f"/api/v1/orders/{order_id}")
        assert answer.status == 200, answer
        return answer.json

    def status(self, order_id):
        return self.get(order_id)["status"]

    def wait_ended(self, order_id, seconds=20):
        """Until the order is no longer PENDING; returns its status."""
        wait_until(lambda: self.status(order_id) != "PENDING", f"order {order_id} to end", seconds)
        return self.status(order_id)


class Grpc:
    """Stubs of every service: grpc.payment.Charge(grpc.payment_pb.ChargeRequest(...))."""

    def __init__(self, stack):
        def channel(part):
            port = stack.environment[part.upper() + "_PORT"]
            options = [("grpc.enable_retries", 0), ("grpc.max_reconnect_backoff_ms", 300),
                       ("grpc.initial_reconnect_backoff_ms", 100)]
            if stack.secure:
                return grpc.secure_channel(f"localhost:{port}", self.credentials(stack, part), options)
            return grpc.insecure_channel(f"127.0.0.1:{port}", options)
        self.channels = {part: channel(part) for part in ("orchestrator", "payment", "inventory", "notification")}
        self.common_pb = stubs.pb("ordersaga.common.v1.common")
        self.order_pb = stubs.pb("ordersaga.order.v1.order")
        self.saga_pb = stubs.pb("ordersaga.saga.v1.saga_admin")
        self.payment_pb = stubs.pb("ordersaga.payment.v1.payment")
        self.inventory_pb = stubs.pb("ordersaga.inventory.v1.inventory")
        self.notification_pb = stubs.pb("ordersaga.notification.v1.notification")
        payment_rpc = stubs.rpc("ordersaga.payment.v1.payment")
        self.order = stubs.rpc("ordersaga.order.v1.order").OrderServiceStub(self.channels["orchestrator"])
        self.saga = stubs.rpc("ordersaga.saga.v1.saga_admin").SagaAdminServiceStub(self.channels["orchestrator"])
        self.payment = payment_rpc.PaymentServiceStub(self.channels["payment"])
        self.refund = payment_rpc.RefundServiceStub(self.channels["payment"])
        self.inventory = stubs.rpc("ordersaga.inventory.v1.inventory").InventoryServiceStub(self.channels["inventory"])
        self.notification = stubs.rpc("ordersaga.notification.v1.notification").NotificationServiceStub(
            self.channels["notification"])

    @staticmethod
    def credentials(stack, part):
        """The certificate `sagactl`; the orchestrator is asked with the key."""
        files = [(stack.folder / "certs/sagactl" / name).read_bytes() for name in ("ca.crt", "tls.key", "tls.crt")]
        shown = grpc.ssl_channel_credentials(*files)
        if part != "orchestrator":
            return shown
        return grpc.composite_channel_credentials(shown, grpc.access_token_call_credentials(stack.key))

    def close(self):
        for channel in self.channels.values():
            channel.close()

    @staticmethod
    def read(method, request):
        """A question that changes nothing. A connection that a test has killed is only noticed by the call that meets
        it; that one is asked again on a new connection."""
        try:
            return method(request, timeout=10, wait_for_ready=True)
        except grpc.RpcError as problem:
            if problem.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            return method(request, timeout=10, wait_for_ready=True)

    def saga_of(self, order_id):
        """Everything an operator sees of the order: GetSaga's whole answer."""
        return self.read(self.saga.GetSaga, self.saga_pb.GetSagaRequest(id=order_id))

    def wait_finished(self, order_id):
        """Until nothing more happens to the order: it has ended and its customer was told."""
        wait_until(lambda: self.saga_of(order_id).saga.phase == "finished", f"order {order_id} to be finished")

    def charges(self, order_id):
        return list(self.read(self.payment.ListCharges, self.payment_pb.ListChargesRequest(order_id=order_id)).charges)

    def charge(self, order_id):
        """The order's one charge, or None."""
        charges = self.charges(order_id)
        assert len(charges) <= 1, charges
        return charges[0] if charges else None

    def stock(self, item_id):
        request = self.inventory_pb.GetProductRequest(item_id=item_id)
        return self.read(self.inventory.GetProduct, request).product.stock

    def cancel(self, order_id, reason="changed my mind"):
        return self.order.CancelOrder(self.order_pb.CancelOrderRequest(order_id=order_id, reason=reason), timeout=10)

    def state_of(self, charge):
        return self.common_pb.EffectState.Name(charge.state).replace("EFFECT_STATE_", "")


class Replica:
    """Stubs of one orchestrator, past the gateway."""

    def __init__(self, part):
        self.channel = grpc.insecure_channel(part.url, options=[("grpc.enable_retries", 0),
                                                                ("grpc.max_reconnect_backoff_ms", 300),
                                                                ("grpc.initial_reconnect_backoff_ms", 100)])
        self.common_pb = stubs.pb("ordersaga.common.v1.common")
        self.order_pb = stubs.pb("ordersaga.order.v1.order")
        self.order = stubs.rpc("ordersaga.order.v1.order").OrderServiceStub(self.channel)

    def place(self, key, email="fast@card.test", item_id="product-selftest", quantity=1, seconds=3):
        request = self.order_pb.PlaceOrderRequest(
            idempotency_key=key, user_email=email, lines=[self.common_pb.Line(item_id=item_id, quantity=quantity)])
        return self.order.PlaceOrder(request, timeout=seconds).order_id

    def close(self):
        self.channel.close()
