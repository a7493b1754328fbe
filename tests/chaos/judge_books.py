"""The judge's checks of money, stock and the effects that the services keep (see judge.py)."""

from .evidence import order_of, units

# The states in which an order's charge and reservation may be left, by its status.
SETTLED = {"COMPLETED": {"applied"}, "CANCELLED": {"reversed", "rejected", "voided"}}


def money(evidence):
    """From the rows of the ledger: kept is what was charged less what was refunded, and nobody is charged twice."""
    bad = []
    counted = {row.order_id: row.given_back for row in evidence.charges}
    ledger = {}
    for row in evidence.transfers:
        ledger.setdefault(order_of(row.charge_key), []).append(row)
    for saga in evidence.sagas.values():
        total, currency = saga.total_minor, saga.currency
        price = sum(line["quantity"] * line["unit_price_minor"] for line in saga.lines)
        charged = [row for row in ledger.get(saga.id, []) if row.kind == "charge"]
        refunded = [row for row in ledger.get(saga.id, []) if row.kind == "refund"]
        kept = sum(row.amount_minor for row in charged) - sum(row.amount_minor for row in refunded)
        if len(charged) > 1:
            bad.append(f"{saga.id}: charged {len(charged)} times")
        if kept != (total if saga.status == "COMPLETED" else 0) or total != price:
            bad.append(f"{saga.id}: {saga.status}, {price} to pay, total {total}, kept {kept}")
        if any(row.amount_minor != total or row.currency != currency for row in charged + refunded):
            bad.append(f"{saga.id}: a transfer is not of {total} {currency}")
        if counted.get(saga.id, 0) != sum(row.amount_minor for row in refunded):
            bad.append(f"{saga.id}: the charge's given_back is not the sum of its refunds")
        for row in charged + refunded:
            way = ("customer", "merchant") if row.kind == "charge" else ("merchant", "customer")
            if (row.debit_account, row.credit_account) != way:
                bad.append(f"{saga.id}: a {row.kind} from {row.debit_account} to {row.credit_account}")
    return len(evidence.transfers), bad


def stock(evidence):
    """Per product: initial + restocked - sold = on hand, never below zero; sold is what COMPLETED orders bought."""
    bad, sold, restocked = [], {}, {}
    for saga in evidence.sagas.values():
        if saga.status == "COMPLETED":
            for item, quantity in units(saga.lines).items():
                sold[item] = sold.get(item, 0) + quantity
    for row in evidence.restocks:
        restocked[row.item_id] = restocked.get(row.item_id, 0) + row.quantity
    for product in evidence.products:
        item = product.item_id
        left = product.initial_stock + restocked.get(item, 0) - sold.get(item, 0)
        if product.stock != left or product.stock < 0 or product.restocked != restocked.get(item, 0):
            bad.append(f"{item}: {product.initial_stock} + {product.restocked} - {sold.get(item, 0)} sold, "
                       f"and {product.stock} on hand")
    return len(evidence.products), bad


def effects(evidence):
    """A COMPLETED order has its charge and reservation, a CANCELLED one holds nothing, and none is without an order."""
    bad = []
    kinds = {"charge": evidence.charges, "reservation": evidence.reservations, "notice": evidence.notices}
    for kind, rows in kinds.items():
        held = {}
        for row in rows:
            saga = evidence.sagas.get(row.order_id)
            held.setdefault(row.order_id, []).append(row)
            if saga is None or order_of(row.action_key) != row.order_id:
                bad.append(f"{row.action_key}: a {kind} without an order")
            elif row.state not in (SETTLED.get(saga.status, set()) if kind != "notice" else {"applied"}):
                bad.append(f"{saga.id}: {saga.status}, and its {kind} is {row.state}")
            elif kind == "reservation" and row.state != "voided":  # one barred before it came has no lines
                if units(row.request) != units(saga.lines):
                    bad.append(f"{saga.id}: the reservation is of something else")
        for saga in evidence.sagas.values():
            if len(held.get(saga.id, [])) != 1 and (saga.status == "COMPLETED" or kind == "notice"):
                bad.append(f"{saga.id}: {saga.status}, with {len(held.get(saga.id, []))} {kind}s")
    bad += [f"{row.charge_key}: a {row.kind} without an order" for row in evidence.transfers
            if order_of(row.charge_key) not in evidence.sagas]
    bad += [f"{row.action_key}: a partial refund nobody asked for" for row in evidence.parts]
    return sum(map(len, kinds.values())), bad


BOOK_CHECKS = {
    "charged - refunded = total, or 0": money,
    "initial + restocked - sold = on hand": stock,
    "no effect without an order, none left": effects,
}
