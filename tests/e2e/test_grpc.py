"""The services as engineers meet them with grpcurl: listed and described by reflection, health by name, calls without any
other service, errors with details."""

import uuid

import grpc as grpclib
import pytest

from support import stubs

SERVICES = {
    "orchestrator": ("ordersaga.order.v1.OrderService", "ordersaga.saga.v1.SagaAdminService"),
    "payment": ("ordersaga.payment.v1.PaymentService", "ordersaga.payment.v1.RefundService"),
    "inventory": ("ordersaga.inventory.v1.InventoryService",),
    "notification": ("ordersaga.notification.v1.NotificationService",),
}
NAMED = [(part, service) for part, services in SERVICES.items() for service in services]


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """See test_rest_errors."""


def reflect(channel, **request):
    reflection = stubs.pb("grpc.reflection.v1alpha.reflection")
    stub = stubs.rpc("grpc.reflection.v1alpha.reflection").ServerReflectionStub(channel)
    return next(iter(stub.ServerReflectionInfo(iter([reflection.ServerReflectionRequest(**request)]), timeout=10)))


@pytest.mark.parametrize("part", SERVICES)
def test_reflection_lists_the_services(grpc, part):
    answer = reflect(grpc.channels[part], list_services="")
    names = {service.name for service in answer.list_services_response.service}
    assert names >= {*SERVICES[part], "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


@pytest.mark.parametrize("part, symbol", NAMED + [(part, "grpc.health.v1.Health") for part in SERVICES])
def test_reflection_describes_each_service(grpc, part, symbol):
    answer = reflect(grpc.channels[part], file_containing_symbol=symbol)
    assert answer.file_descriptor_response.file_descriptor_proto, answer.error_response


@pytest.mark.parametrize("part, service", NAMED + [(part, "") for part in SERVICES])
def test_health_by_name(grpc, part, service):
    health = stubs.pb("grpc.health.v1.health")
    stub = stubs.rpc("grpc.health.v1.health").HealthStub(grpc.channels[part])
    answer = stub.Check(health.HealthCheckRequest(service=service), timeout=10)
    assert answer.status == health.HealthCheckResponse.SERVING


@pytest.mark.parametrize("part", SERVICES)
def test_health_of_an_unknown_service_is_not_found(grpc, part):
    health = stubs.pb("grpc.health.v1.health")
    stub = stubs.rpc("grpc.health.v1.health").HealthStub(grpc.channels[part])
    with pytest.raises(grpclib.RpcError) as refused:
        stub.Check(health.HealthCheckRequest(service="no.such.Service"), timeout=10)
    assert refused.value.code() == grpclib.StatusCode.NOT_FOUND


def charge_request(grpc, key, amount=100, email="fast@card.test"):
    return grpc.payment_pb.ChargeRequest(
        idempotency_key=key, order_id=str(uuid.uuid4()), user_email=email,
        amount=grpc.common_pb.Money(amount_minor=amount, currency="USD"))


def test_a_charge_by_hand_happens_once_and_can_be_refunded(grpc):
    key = f"by-hand-{uuid.uuid4()}/payment/action"
    request = charge_request(grpc, key)
    first = grpc.payment.Charge(request, timeout=10)
    again = grpc.payment.Charge(request, timeout=10)
    assert first.outcome == grpc.common_pb.OUTCOME_APPLIED
    assert again == first
    refund = grpc.payment_pb.RefundRequest(idempotency_key=key.replace("action", "compensation"), charge_key=key,
                                           order_id=request.order_id, reason="by hand")
    assert grpc.refund.Refund(refund, timeout=10).money_moved
    assert grpc.refund.Refund(refund, timeout=10).refunded.amount_minor == 100
    assert grpc.state_of(grpc.charge(request.order_id)) == "REVERSED"


def test_a_refund_before_its_charge_bars_it(grpc):
    key = f"by-hand-{uuid.uuid4()}/payment/action"
    request = charge_request(grpc, key)
    refund = grpc.payment_pb.RefundRequest(idempotency_key=key + "-undo", charge_key=key, order_id=request.order_id)
    assert not grpc.refund.Refund(refund, timeout=10).money_moved
    late = grpc.payment.Charge(request, timeout=10)
    assert (late.outcome, late.reason) == (grpc.common_pb.OUTCOME_REJECTED, "COMPENSATED")


def test_a_reservation_by_hand_is_taken_and_given_back(grpc):
    key = f"by-hand-{uuid.uuid4()}/inventory/action"
    lines = [grpc.common_pb.Line(item_id="product-003", quantity=2)]
    before = grpc.stock("product-003")
    request = grpc.inventory_pb.ReserveRequest(idempotency_key=key, order_id=str(uuid.uuid4()), lines=lines)
    assert grpc.inventory.Reserve(request, timeout=10).outcome == grpc.common_pb.OUTCOME_APPLIED
    assert grpc.inventory.Reserve(request, timeout=10).outcome == grpc.common_pb.OUTCOME_APPLIED
    assert grpc.stock("product-003") == before - 2
    undo = grpc.inventory_pb.ReleaseRequest(idempotency_key=key + "-undo", reserve_key=key, order_id=request.order_id)
    assert grpc.inventory.Release(undo, timeout=10).stock_returned
    grpc.inventory.Release(undo, timeout=10)
    assert grpc.stock("product-003") == before


def answers_of(stream):
    """{index: answer} of a batch's stream; each once."""
    found = {}
    for message in stream:
        for answer in message.answers:
            assert answer.index not in found
            found[answer.index] = answer
    return found


def test_a_batch_of_charges_answers_each_as_a_charge_by_itself_would_be(grpc):
    pb, key = grpc.payment_pb, f"by-hand-{uuid.uuid4()}/payment/action"
    good, other = charge_request(grpc, key), charge_request(grpc, key + "-2", email="decline@card.test")
    calls = [pb.ChargeCall(request=request) for request in (good, pb.ChargeRequest(idempotency_key=key + "-3"), other, good)]
    batch = pb.ChargeBatchRequest(calls=calls)
    found = answers_of(grpc.payment.ChargeBatch(batch, timeout=20))
    assert sorted(found) == [0, 1, 2, 3]
    assert found[0].response == found[3].response == grpc.payment.Charge(good, timeout=10)
    assert found[0].response.outcome == grpc.common_pb.OUTCOME_APPLIED
    assert found[1].error.code == grpclib.StatusCode.INVALID_ARGUMENT.value[0], found[1]
    assert "order_id" in found[1].error.message
    assert (found[2].response.outcome, found[2].response.reason) == (grpc.common_pb.OUTCOME_REJECTED, "CARD_DECLINED")
    assert answers_of(grpc.payment.ChargeBatch(batch, timeout=20)) == found


def test_a_batch_of_reservations_takes_each_once_and_no_more_than_there_is(grpc):
    pb, key, order_id = grpc.inventory_pb, f"by-hand-{uuid.uuid4()}/inventory/action", str(uuid.uuid4())
    before = grpc.stock("product-003")

    def reserve(name, quantity):
        lines = [grpc.common_pb.Line(item_id="product-003", quantity=quantity)]
        return pb.ReserveCall(request=pb.ReserveRequest(idempotency_key=f"{key}-{name}", order_id=order_id, lines=lines))
    calls = [reserve("a", 1), reserve("b", 2), reserve("a", 1), reserve("c", before + 1)]
    found = answers_of(grpc.inventory.ReserveBatch(pb.ReserveBatchRequest(calls=calls), timeout=20))
    applied, rejected = grpc.common_pb.OUTCOME_APPLIED, grpc.common_pb.OUTCOME_REJECTED
    assert [found[index].response.outcome for index in range(4)] == [applied, applied, applied, rejected]
    assert found[0].response == found[2].response
    assert grpc.stock("product-003") == before - 3


def test_a_batch_of_notices_sends_each_once(grpc):
    pb, key = grpc.notification_pb, f"by-hand-{uuid.uuid4()}/notification/action"

    def notice(name, **changed):
        return pb.NotifyCall(request=pb.NotifyRequest(**{
            "idempotency_key": f"{key}-{name}", "order_id": str(uuid.uuid4()), "user_email": "batch@example.com",
            "kind": pb.NOTIFICATION_KIND_COMPLETED, "lines": [grpc.common_pb.Line(item_id="product-003", quantity=1)],
            "total": grpc.common_pb.Money(amount_minor=5000, currency="USD"), **changed}))
    calls = [notice("a"), notice("b"), notice("c", user_email="nobody")]
    found = answers_of(grpc.notification.NotifyBatch(pb.NotifyBatchRequest(calls=calls), timeout=20))
    assert found[0].response.message_id and found[1].response.message_id
    assert found[0].response.message_id != found[1].response.message_id
    assert "user_email" in found[2].error.message


@pytest.mark.parametrize("service, method", [("payment", "Charge"), ("inventory", "Reserve"), ("notification", "Notify")])
@pytest.mark.parametrize("size", [0, 257])
def test_a_batch_of_nothing_or_of_too_many_is_refused(grpc, service, method, size):
    pb = getattr(grpc, service + "_pb")
    batch = getattr(pb, method + "BatchRequest")(calls=[getattr(pb, method + "Call")()] * size)
    error = refused(lambda request, timeout: list(getattr(getattr(grpc, service), method + "Batch")(request, timeout=timeout)), batch)
    assert error.code() == grpclib.StatusCode.INVALID_ARGUMENT, error
    assert [violation.field for violation in details_of(error)["BadRequest"].field_violations] == ["calls"]


def details_of(error):
    """{type name: message} of the google.rpc details of a gRPC error."""
    status = stubs.pb("google.rpc.status").Status()
    known = stubs.pb("google.rpc.error_details")
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status.ParseFromString(value)
    found = {}
    for detail in status.details:
        name = detail.type_url.rsplit(".", 1)[-1]
        message = getattr(known, name)()
        assert detail.Unpack(message)
        found[name] = message
    return found


def refused(call, request):
    with pytest.raises(grpclib.RpcError) as error:
        call(request, timeout=10)
    return error.value


@pytest.mark.parametrize("service, method, request_name, field", [
    ("order", "PlaceOrder", "PlaceOrderRequest", "lines"),
    ("payment", "Charge", "ChargeRequest", "idempotency_key"),
    ("refund", "Refund", "RefundRequest", "charge_key"),
    ("inventory", "Reserve", "ReserveRequest", "lines"),
    ("inventory", "Release", "ReleaseRequest", "reserve_key"),
    ("notification", "Notify", "NotifyRequest", "order_id"),
])
def test_an_empty_request_is_refused_field_by_field(grpc, service, method, request_name, field):
    messages = getattr(grpc, {"refund": "payment"}.get(service, service) + "_pb")
    error = refused(getattr(getattr(grpc, service), method), getattr(messages, request_name)())
    assert error.code() == grpclib.StatusCode.INVALID_ARGUMENT, error
    fields = {violation.field for violation in details_of(error)["BadRequest"].field_violations}
    assert field in fields, fields


def test_the_same_key_with_another_body_is_refused(grpc):
    key = f"by-hand-{uuid.uuid4()}/payment/action"
    grpc.payment.Charge(charge_request(grpc, key, 100), timeout=10)
    error = refused(grpc.payment.Charge, charge_request(grpc, key, 101))
    assert error.code() == grpclib.StatusCode.FAILED_PRECONDITION
    assert details_of(error)["ErrorInfo"].reason == "IDEMPOTENCY_KEY_REUSED"


def test_unknown_things_are_not_found(grpc):
    nowhere = str(uuid.uuid4())
    for call, request in (
            (grpc.order.GetOrder, grpc.order_pb.GetOrderRequest(order_id=nowhere)),
            (grpc.order.CancelOrder, grpc.order_pb.CancelOrderRequest(order_id=nowhere)),
            (grpc.saga.GetSaga, grpc.saga_pb.GetSagaRequest(id=nowhere)),
            (grpc.payment.GetCharge, grpc.payment_pb.GetChargeRequest(idempotency_key=nowhere)),
            (grpc.inventory.GetProduct, grpc.inventory_pb.GetProductRequest(item_id=nowhere)),
            (grpc.inventory.GetReservation, grpc.inventory_pb.GetReservationRequest(idempotency_key=nowhere)),
            (grpc.notification.GetNotification, grpc.notification_pb.GetNotificationRequest(idempotency_key=nowhere))):
        assert refused(call, request).code() == grpclib.StatusCode.NOT_FOUND, request


def test_the_same_order_key_names_the_same_order(grpc):
    request = grpc.order_pb.PlaceOrderRequest(
        lines=[grpc.common_pb.Line(item_id="product-selftest", quantity=1)], user_email="fast@card.test",
        idempotency_key=str(uuid.uuid4()))
    first = grpc.order.PlaceOrder(request, timeout=10)
    again = grpc.order.PlaceOrder(request, timeout=10)
    assert (again.order_id, again.replayed, first.replayed) == (first.order_id, True, False)


def test_the_saga_can_be_read(grpc, rest):
    order_id = rest.place("product-selftest", 1)
    assert rest.wait_ended(order_id) == "COMPLETED"
    answer = grpc.saga.GetSaga(grpc.saga_pb.GetSagaRequest(id=order_id), timeout=10)
    assert [step.name for step in answer.steps] == ["payment", "inventory", "notification"]
    assert answer.journal
    listed = grpc.saga.ListSagas(grpc.saga_pb.ListSagasRequest(page_size=1000), timeout=10)
    assert order_id in {saga.id for saga in listed.sagas}
