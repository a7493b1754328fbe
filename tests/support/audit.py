"""Judges finished orders by what docs/reliability.md promises, asking every part for its own truth: status, money, stock, events, e-mail."""

from .clients import Grpc
from .mailbox import letters_of

CHARGED_STATES = {
    "COMPLETED": {"APPLIED"},
    # Money that had moved has come back; a refused or voided charge never moved any.
    "CANCELLED": {"REVERSED", "REJECTED", "VOIDED"},
}
# Every sequence of events an order may end with (see the table of endings).
STORIES = {
    ("order.created", "payment.successful", "inventory.successful", "order.completed"): "COMPLETED",
    ("order.created", "payment.failed", "order.cancelled"): "CANCELLED",
    ("order.created", "payment.successful", "inventory.failed", "payment.refunded", "order.cancelled"): "CANCELLED",
    ("order.created", "order.cancelled"): "CANCELLED",
    ("order.created", "payment.successful", "payment.refunded", "order.cancelled"): "CANCELLED",
    ("order.created", "payment.successful", "inventory.successful", "payment.refunded", "order.cancelled"): "CANCELLED",
}


def audit_order(stack, rest, grpc: Grpc, subscriber, order_id):
    """One ended order. Returns (item id, units it holds)."""
    order = rest.get(order_id)
    status = order["status"]
    assert status in CHARGED_STATES, order

    charge = grpc.charge(order_id)  # at most one
    if status == "COMPLETED":
        assert charge is not None, f"{order_id} is COMPLETED and nothing was charged"
    if charge is not None:
        state = grpc.state_of(charge)
        assert state in CHARGED_STATES[status], f"{order_id} is {status} and its charge {state}"
        given_back = charge.refunded.amount_minor
        assert given_back == (charge.amount.amount_minor if state == "REVERSED" else 0), charge

    story = tuple(event.key for event in subscriber.events_of(order_id) if event.key != "saga.needs_attention")
    assert STORIES.get(story) == status, f"{order_id} is {status} after {story}"
    letters = letters_of(stack, order_id)
    assert len(letters) <= 1, f"{order_id} has {len(letters)} e-mails"
    return order["item_id"], order["quantity"] if status == "COMPLETED" else 0


def audit(stack, rest, grpc, subscriber, order_ids, stock_before):
    """All orders placed since stock_before ({item id: units}) was read, all of them ended."""
    held = {}
    for order_id in order_ids:
        item_id, quantity = audit_order(stack, rest, grpc, subscriber, order_id)
        held[item_id] = held.get(item_id, 0) + quantity
    for item_id, before in stock_before.items():
        now = grpc.stock(item_id)
        assert now == before - held.get(item_id, 0), f"{item_id}: {before} - {held.get(item_id, 0)} sold, but {now} left"
    assert not subscriber.problems, subscriber.problems[:5]
