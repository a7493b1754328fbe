"""An e-mail that cannot be sent never changes its order: the saga tries until its budget is spent, then parks and says
so, and goes on when an operator tells it to."""

import pytest

from support.mailbox import wait_letter
from support.stack import free_ports
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("mended")


@pytest.mark.parametrize("item_id, quantity, status, kind", [("product-selftest", 1, "COMPLETED", "completed"),
                                                             ("product-001", 999, "CANCELLED", "refunded")])
def test_an_email_that_cannot_be_sent_parks_its_step(stack, rest, grpc, subscriber, item_id, quantity, status, kind):
    nobody = free_ports(1)[0]
    stack.notification.restart(SMTP_URL=f"smtp://127.0.0.1:{nobody}", SMTP_TLS="off")
    stack.orchestrator.restart(NOTIFICATION_BUDGET="2s")
    order_id = rest.place(item_id, quantity)
    assert rest.wait_ended(order_id) == status

    wait_until(lambda: grpc.saga_of(order_id).saga.phase == "parked", "the saga to be parked", 30)
    saga = grpc.saga_of(order_id)
    notification = {step.name: step for step in saga.steps}["notification"]
    assert notification.action_attempts > 1
    assert notification.last_error, notification
    assert rest.status(order_id) == status
    wait_until(lambda: "saga.needs_attention" in [event.key for event in subscriber.events_of(order_id)],
               "the event that asks for a person", 20)

    # The mail server is back (here: the folder), and an operator says so.
    stack.notification.restart()
    grpc.saga.RetrySaga(grpc.saga_pb.RetrySagaRequest(id=order_id, reason="mail is back"), timeout=10,
                        wait_for_ready=True)
    wait_until(lambda: grpc.saga_of(order_id).saga.phase == "finished", "the saga to finish", 30)
    assert wait_letter(stack, order_id)["X-Notification"] == kind
    assert rest.status(order_id) == status
