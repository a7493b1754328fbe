"""The judge: every check reads the evidence and says how much it looked at and what is wrong. It knows the contract
(MISSION: statuses, events, e-mails; the promises of docs/reliability.md) and nothing of the code.

The checks of what the customers were told are here; money and stock in judge_books.py, events and e-mails in
judge_messages.py.
"""

from .evidence import units
from .judge_books import BOOK_CHECKS
from .judge_messages import MESSAGE_CHECKS

NEVER_COMPLETED = ("decline", "insufficient-funds", "timeout-then-nothing")


def every_202_is_one_order(evidence):
    bad = []
    made_by = {}
    for row in evidence.keys:
        made_by.setdefault(row.key, []).append(row.saga_id)
    for purchase in evidence.purchases:
        ids = set(purchase.told)
        if not ids and not purchase.gave_up:
            bad.append(f"{purchase.key}: never accepted: {purchase.refused}")
        if len(ids) > 1:
            bad.append(f"{purchase.key}: told several orders {sorted(ids)}")
        bad += [f"{order_id}: answered 202 and is not stored" for order_id in ids if order_id not in evidence.sagas]
        made = made_by.get(purchase.key, [])
        if ids and made != sorted(ids) or len(made) > 1:
            bad.append(f"{purchase.key}: told {sorted(ids)}, the key names {made}")
    known = {purchase.key for purchase in evidence.purchases}
    asked_for = {order_id for key, ids in made_by.items() if key in known for order_id in ids}
    bad += [f"{order_id}: nobody ordered it" for order_id in evidence.sagas if order_id not in asked_for]
    return len(evidence.purchases), bad


def stored_as_ordered(evidence):
    bad = []
    for order_id, purchase in evidence.purchase_of.items():
        stored = evidence.sagas.get(order_id)
        wanted = ({purchase.item: purchase.quantity}, purchase.email)
        if stored and (units(stored.lines), stored.user_email) != wanted:
            bad.append(f"{order_id}: ordered {purchase.body}, stored {stored}")
    return len(evidence.purchase_of), bad


def every_customer_is_answered(evidence):
    bad = [f"{p.key}: no answer in {p.waited:.0f} s" for p in evidence.purchases if p.gave_up]
    bad += [f"{p.key}: refused with {refused}" for p in evidence.purchases for refused in p.refused]
    return len(evidence.purchases), bad


def another_body_is_refused(evidence):
    answers = [(p.key, status) for p in evidence.purchases for status in p.otherwise if status is not None]
    return len(answers), [f"{key}: the same key with another body was answered {s}" for key, s in answers if s != 422]


def every_order_ended(evidence):
    bad = []
    for saga in evidence.sagas.values():
        if saga.phase != "finished" or saga.status not in ("COMPLETED", "CANCELLED") or saga.parked:
            bad.append(f"{saga.id}: {saga.phase} {saga.status} {saga.parked}")
    return len(evidence.sagas), bad


def a_status_never_changes(evidence):
    """What the customer saw: always there, PENDING until it ended, and then what is stored."""
    bad = []
    for order_id, purchase in evidence.purchase_of.items():
        saga = evidence.sagas.get(order_id)
        seen = [status for _, status in purchase.seen]
        if any(code != 200 for code, _ in purchase.seen):
            bad.append(f"{order_id}: accepted, and a GET was answered {purchase.seen}")
        ended = [status for status in seen if status != "PENDING"]
        if seen[len(seen) - len(ended):] != ended or (saga and any(status != saga.status for status in ended)):
            bad.append(f"{order_id}: seen as {seen}, stored as {saga and saga.status}")
    return sum(len(purchase.seen) for purchase in evidence.purchases), bad


def a_cancel_is_kept(evidence):
    """202 means CANCELLED, 409 that it was too late; nobody else's order is cancelled by a customer."""
    bad = []
    for order_id, purchase in evidence.purchase_of.items():
        saga = evidence.sagas.get(order_id)
        if saga and 202 in purchase.cancels and saga.status != "CANCELLED":
            bad.append(f"{order_id}: the cancel was accepted, it is {saga.status}")
        if saga and saga.ending == "cancelled_by_customer" and not purchase.cancels:
            bad.append(f"{order_id}: cancelled by a customer who never asked")
        bad += [f"{order_id}: a cancel was answered {c}" for c in purchase.cancels if c not in (202, 409, None)]
    return sum(len(purchase.cancels) for purchase in evidence.purchases), bad


def the_ending_fits_the_order(evidence):
    bad = []
    for order_id, purchase in evidence.purchase_of.items():
        saga = evidence.sagas.get(order_id)
        hopeless = (purchase.card in NEVER_COMPLETED or purchase.item == "invalid-product" or
                    purchase.item == "product-001" and purchase.quantity == 999)
        if saga and hopeless and saga.status == "COMPLETED":
            bad.append(f"{order_id}: COMPLETED, with {purchase.card} and {purchase.quantity} x {purchase.item}")
        if saga and (saga.status == "COMPLETED") != (saga.ending == "completed"):
            bad.append(f"{order_id}: {saga.status}, and its ending is {saga.ending}")
    return len(evidence.purchase_of), bad


CHECKS = {
    "every 202 is one order, every key one order": every_202_is_one_order,
    "stored as it was ordered": stored_as_ordered,
    "every customer is answered": every_customer_is_answered,
    "the same key with another body is refused": another_body_is_refused,
    "every order ended": every_order_ended,
    "a status never changes once it is final": a_status_never_changes,
    "an accepted cancel is kept": a_cancel_is_kept,
    "the ending fits what was ordered": the_ending_fits_the_order,
    **BOOK_CHECKS,
    **MESSAGE_CHECKS,
}


def judge(evidence):
    """name of the check -> (how much it looked at, what is wrong)."""
    return {name: check(evidence) for name, check in CHECKS.items()}


def show(verdicts):
    """Prints the table and the first violations of each check. Returns how many checks found any."""
    print(f"{'check':46}{'judged':>9}{'violations':>12}")
    for name, (count, bad) in verdicts.items():
        print(f"{name:46}{count:9}{len(bad):12}")
    for name, (_, bad) in verdicts.items():
        for violation in bad[:20]:
            print(f"VIOLATION ({name}): {violation}")
    return sum(1 for _, bad in verdicts.values() if bad)
