"""Ways in which the databases can lie about ended orders, each by SQL and by hand, and what an audit must say of it.

Each names the order it is done to by what became of it ("completed", "declined", ...; see test_audit_table.py) and, where
the violation is filed under something else, that. In the statements {id} is the order, {other} another completed one.
"""

import dataclasses

STRANGER = "01900000-0000-7003-8000-00000000dead"  # an order that nobody knows


@dataclasses.dataclass
class Corruption:
    name: str
    database: str
    order: str
    statements: tuple
    rule: str = ""         # of a violation that must be among those found; empty: any
    found_under: str = ""  # instead of the order's id; it may also be named in the violation's text
    slow: bool = False     # only time tells, so the audit waits


def step(number, state):
    return f"UPDATE sagas SET state = jsonb_set(state, '{{steps,{number},state}}', '\"{state}\"') WHERE id = '{{id}}'"


def order(column, value):
    return f"UPDATE sagas SET {column} = {value} WHERE id = '{{id}}'"


def first_line(member, value):
    return order("lines", f"jsonb_set(lines, '{{0,{member}}}', '{value}')")


def body(key, old, new):
    """In the event's body."""
    return (f"UPDATE outbox SET body = replace(body, '{old}', '{new}') "
            f"WHERE order_id = '{{id}}' AND routing_key = '{key}' AND body LIKE '%{old}%'")


def effect(change):
    return f"UPDATE effects SET {change} WHERE order_id = '{{id}}'"


def copied(table, where, **changed):
    """One more row like one that is there."""
    names = {"transfers": "charge_key, kind, refund_key, debit_account, credit_account, amount_minor, currency, provider_id, "
                          "created_at",
             "effects": "action_key, order_id, fingerprint, state, undo_requested, compensation_key, not_after, reason, "
                        "message, request, answer, undo_answer, created_at, updated_at, lock_key, amount, given_back",
             "outbox": "shard, position, order_id, sequence, routing_key, body, at",
             "journal": "shard, saga_id, sequence, at, event, detail, phase"}[table]
    values = ", ".join(changed.get(name, name) for name in names.split(", "))
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {where}"


AN_HOUR_AGO = "clock_timestamp() - interval '1 hour'"
EVENTS = "DELETE FROM outbox WHERE order_id = '{id}'"
CHARGE = "charge_key = '{id}/payment/action' AND kind = 'charge'"
REFUND = "charge_key = '{id}/payment/action' AND kind = 'refund'"
REFUSED_WORDS = ("UPDATE effects SET request = replace(request, '{old}', '{new}') "
                 "WHERE order_id = '{{id}}' AND request LIKE '%{old}%'")


def words(old, new):
    return REFUSED_WORDS.format(old=old, new=new)


ORDERS = [
    ("status: cancelled", "completed", "orders", "UPDATE sagas SET status = 'CANCELLED' WHERE id = '{id}'"),
    ("status: completed", "out_of_stock", "orders", "UPDATE sagas SET status = 'COMPLETED' WHERE id = '{id}'"),
    ("ending of another kind", "declined", "orders", "UPDATE sagas SET ending = 'payment_unknown' WHERE id = '{id}'"),
    ("ending of another kind, none charged", "cancelled_void", "notices",
     "UPDATE sagas SET ending = 'payment_unknown' WHERE id = '{id}'"),
    ("saga gone", "completed", "orders", "DELETE FROM sagas WHERE id = '{id}'"),
    ("saga, events and journal gone", "completed", "effects", "DELETE FROM sagas WHERE id = '{id}'",
     "DELETE FROM journal WHERE saga_id = '{id}'", EVENTS),
    ("saga in another shard", "completed", "orders", "UPDATE sagas SET shard = (shard + 1) % 64 WHERE id = '{id}'"),
    ("journal in another shard", "completed", "orders", "UPDATE journal SET shard = (shard + 1) % 64 WHERE saga_id = '{id}'"),
    ("journal entry in another shard", "completed", "orders",
     "UPDATE journal SET shard = (shard + 1) % 64 WHERE saga_id = '{id}' AND sequence = 2"),
    ("event in another shard", "completed", "events",
     "UPDATE outbox SET shard = (shard + 1) % 64, position = position + 1000000 WHERE order_id = '{id}' AND sequence = 2"),
    ("lines unreadable", "completed", "orders", order("lines", "'{}'")),
    ("state empty", "completed", "orders", "UPDATE sagas SET state = '{}' WHERE id = '{id}'"),
    ("total", "completed", "money", order("total_minor", "10001")),
    ("unit price", "completed", "money", first_line("unit_price_minor", "5001")),
    ("quantity", "completed", "stock", first_line("quantity", "3")),
    ("item", "completed", "stock", first_line("item_id", '"product-002"')),
    ("line gone", "two_lines", "stock", order("lines", "lines - 1")),
    ("currency", "completed", "money", order("currency", "'EUR'")),
    ("e-mail address", "completed", "notices", order("user_email", "'eve@example.com'")),
    ("refunded amount", "out_of_stock", "money",
     "UPDATE sagas SET state = jsonb_set(state, '{refunded_minor}', '1') WHERE id = '{id}'"),
    ("payment undone of a completed order", "completed", "orders", step(0, "compensated")),
    ("payment not undone of a cancelled order", "out_of_stock", "effects", step(0, "applied")),
    ("payment void though money moved", "out_of_stock", "money", step(0, "void")),
    ("inventory never asked", "out_of_stock", "orders", step(1, "waiting")),
    ("notification never asked", "completed", "orders", step(2, "waiting")),
    ("reason", "declined", "events", "UPDATE sagas SET reason = 'OUT_OF_STOCK' WHERE id = '{id}'"),
    ("time of acceptance", "completed", "events",
     "UPDATE sagas SET created_at = created_at - interval '1 second' WHERE id = '{id}'"),
    ("one event more claimed", "completed", "events",
     "UPDATE sagas SET event_sequence = event_sequence + 1 WHERE id = '{id}'"),
    ("one journal entry more claimed", "completed", "orders", "UPDATE sagas SET version = version + 1 WHERE id = '{id}'"),
    ("event gone: first", "completed", "events", EVENTS + " AND sequence = 1"),
    ("event gone: middle", "completed", "events", EVENTS + " AND sequence = 2"),
    ("event gone: last", "completed", "events", EVENTS + " AND sequence = 4"),
    ("events gone: all", "completed", "events", EVENTS),
    ("event twice", "completed", "events",
     copied("outbox", "order_id = '{id}' AND sequence = 2", position="position + 1000000")),
    ("events swapped", "completed", "events",
     "UPDATE outbox SET sequence = 5 - sequence WHERE order_id = '{id}' AND sequence IN (2, 3)"),
    ("event of another key", "completed", "events",
     "UPDATE outbox SET routing_key = 'payment.failed' WHERE order_id = '{id}' AND sequence = 2"),
    ("event of no known key", "completed", "events",
     "UPDATE outbox SET routing_key = 'payment.succeeded' WHERE order_id = '{id}' AND sequence = 2"),
    ("refund told, and not the charge", "cancelled_charged", "events", EVENTS + " AND routing_key = 'payment.successful'",
     "UPDATE outbox SET sequence = sequence - 1, body = replace(body, '\"sequence\":' || sequence, "
     "'\"sequence\":' || sequence - 1) WHERE order_id = '{id}' AND sequence > 2",
     "UPDATE sagas SET event_sequence = event_sequence - 1 WHERE id = '{id}'"),
    ("event of an order that nobody knows", "completed", "orders",
     copied("outbox", "order_id = '{id}' AND sequence = 1", order_id=f"'{STRANGER}'", position="position + 1000000")),
    ("event's amount charged", "completed", "events", body("payment.successful", ":100.00", ":950.00")),
    ("event's amount refunded", "out_of_stock", "events", body("payment.refunded", ":49950.00", ":4995.00")),
    ("event's total", "completed", "events", body("order.completed", ":100.00", ":10.00")),
    ("event's currency", "completed", "events", body("payment.successful", "USD", "EUR")),
    ("event's quantity", "completed", "events", body("order.created", '"quantity":2', '"quantity":20')),
    ("event's item", "completed", "events", body("inventory.successful", "product-001", "product-002")),
    ("event's second line", "two_lines", "events", body("order.created", '"quantity":3', '"quantity":4')),
    ("event's customer", "completed", "events", body("inventory.successful", "ann@", "eve@")),
    ("event's order", "completed", "events", body("order.completed", "{id}", "{other}")),
    ("event's status", "completed", "events", body("order.completed", "COMPLETED", "CANCELLED")),
    ("event's reason", "declined", "events", body("payment.failed", "CARD_DECLINED", "INSUFFICIENT_FUNDS")),
    ("event's sequence", "completed", "events", body("order.completed", '"sequence":4', '"sequence":5')),
    ("event's time of acceptance", "completed", "events", body("order.created", "created_at\":\"2", "created_at\":\"3")),
    ("event with a member twice", "completed", "events", body("payment.successful", '"amount":', '"amount":950.00,"amount":')),
    ("event cut short", "completed", "events",
     "UPDATE outbox SET body = left(body, -1) WHERE order_id = '{id}' AND sequence = 2"),
    ("journal entry gone: middle", "completed", "orders", "DELETE FROM journal WHERE saga_id = '{id}' AND sequence = 2"),
    ("journal entry gone: last", "completed", "orders", "DELETE FROM journal WHERE saga_id = '{id}' AND sequence = 4"),
    ("journal gone", "declined", "orders", "DELETE FROM journal WHERE saga_id = '{id}'"),
    ("journal entry too many", "completed", "orders",
     copied("journal", "saga_id = '{id}' AND sequence = 1", sequence="99")),
    ("journal entry moved", "completed", "orders",
     "UPDATE journal SET sequence = 99 WHERE saga_id = '{id}' AND sequence = 1"),
    ("journal of an order that nobody knows", "completed", "orders",
     copied("journal", "saga_id = '{id}' AND sequence = 1", saga_id=f"'{STRANGER}'")),
    ("telling again, and nobody will", "completed", "orders",
     "UPDATE sagas SET phase = 'notifying', finished_at = NULL, due_at = NULL WHERE id = '{id}'"),
    ("open again, and nobody will look", "declined", "orders",
     "UPDATE sagas SET phase = 'compensating', status = 'PENDING', finished_at = NULL WHERE id = '{id}'"),
    ("waiting again, and taken for started", "completed", "orders",
     "UPDATE sagas SET phase = 'waiting', status = 'PENDING', finished_at = NULL WHERE id = '{id}'"),
    ("started, without a deadline", "declined", "orders", step(0, "running"),
     "UPDATE sagas SET phase = 'forward', status = 'PENDING', finished_at = NULL, step = 0, deadline_at = NULL "
     "WHERE id = '{id}'"),
    ("undoing, and told of its ending", "out_of_stock", "events", step(0, "compensating"),
     "UPDATE sagas SET phase = 'compensating', status = 'PENDING', finished_at = NULL, step = 0, "
     "updated_at = clock_timestamp() WHERE id = '{id}'"),
]
# These look like sagas whose call is out, but for the time that has passed.
STANDING = [
    ("telling, and nothing has happened for an hour", "two_lines", step(2, "running"),
     f"UPDATE sagas SET phase = 'notifying', finished_at = NULL, updated_at = {AN_HOUR_AGO} WHERE id = '{{id}}'"),
    ("due an hour ago", "completed", step(2, "running"),
     f"UPDATE sagas SET phase = 'notifying', finished_at = NULL, due_at = {AN_HOUR_AGO}, updated_at = {AN_HOUR_AGO} "
     "WHERE id = '{id}'"),
    ("parked no longer, and given to nobody", "parked",
     f"UPDATE sagas SET parked = '', updated_at = {AN_HOUR_AGO} WHERE id = '{{id}}'"),
    ("past its deadline", "payment_void", step(0, "running"),
     f"UPDATE sagas SET phase = 'forward', status = 'PENDING', finished_at = NULL, step = 0, deadline_at = {AN_HOUR_AGO}, "
     "updated_at = clock_timestamp() WHERE id = '{id}'"),
]
PAYMENT = [
    ("charge gone from the ledger", "completed", "money", f"DELETE FROM transfers WHERE {CHARGE}"),
    ("charge of another amount", "completed", "money", f"UPDATE transfers SET amount_minor = 9999 WHERE {CHARGE}"),
    ("charge in another currency", "completed", "money", f"UPDATE transfers SET currency = 'EUR' WHERE {CHARGE}"),
    ("charge the wrong way round", "completed", "money",
     f"UPDATE transfers SET debit_account = 'merchant', credit_account = 'customer' WHERE {CHARGE}"),
    ("refund gone from the ledger", "out_of_stock", "money", f"DELETE FROM transfers WHERE {REFUND}"),
    ("refund of another amount", "out_of_stock", "money", f"UPDATE transfers SET amount_minor = 1 WHERE {REFUND}"),
    ("refund in another currency", "out_of_stock", "money", f"UPDATE transfers SET currency = 'EUR' WHERE {REFUND}"),
    ("refund twice", "out_of_stock", "money", copied("transfers", REFUND, refund_key="'again'")),
    ("refund to somebody else", "out_of_stock", "money",
     f"UPDATE transfers SET credit_account = 'eve' WHERE {REFUND}"),
    ("refund not counted", "out_of_stock", "money", effect("given_back = 0")),
    ("refund counted and never made", "completed", "money", effect("given_back = 5")),
    ("refund in part that nobody asked for", "completed", "money",
     copied("transfers", CHARGE, kind="'refund'", refund_key="'part'", debit_account="'merchant'",
            credit_account="'customer'", amount_minor="100"),
     effect("given_back = 100")),
    ("refund in part that was never made", "completed", "money",
     copied("effects", "order_id = '{id}'", action_key="'part'", lock_key="action_key", amount="100")),
    ("refund in part that never ends", "completed", "money",
     copied("effects", "order_id = '{id}'", action_key="'part'", lock_key="action_key", amount="100",
            state="'in_progress'", updated_at="now() - interval '2 hours'")),
    ("second charge under another key", "completed", "money",
     copied("transfers", CHARGE, charge_key="'{id}/payment/again'")),
    ("charge of an order that nobody knows", "completed", "money",
     copied("transfers", CHARGE, charge_key=f"'{STRANGER}/payment/action'")),
    ("charge under a stranger's key", "completed", "money", copied("transfers", CHARGE, charge_key="'a-stranger'")),
    ("charge and effect of an order that nobody knows", "completed", "effects",
     copied("transfers", CHARGE, charge_key=f"'{STRANGER}/payment/action'"),
     copied("effects", "order_id = '{id}'", action_key=f"'{STRANGER}/payment/action'", order_id=f"'{STRANGER}'")),
    ("charge and effect of nobody's", "completed", "effects",
     copied("transfers", CHARGE, charge_key="'a-stranger'"),
     copied("effects", "order_id = '{id}'", action_key="'a-stranger'", order_id="'by hand'")),
    ("second charge of the order, effect and all", "completed", "effects",
     copied("transfers", CHARGE, charge_key="'{id}/payment/again'"),
     copied("effects", "order_id = '{id}'", action_key="'{id}/payment/again'")),
    ("effect gone", "completed", "money", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("effect of a decline gone", "declined", "money", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("tombstone gone too soon", "cancelled_void", "money", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("effect reversed of a completed order", "completed", "effects", effect("state = 'reversed'")),
    ("effect applied of a cancelled order", "out_of_stock", "effects", effect("state = 'applied'")),
    ("effect in progress", "completed", "money", effect("state = 'in_progress'")),
    ("effect filed under another order", "completed", "effects",
     "UPDATE effects SET order_id = '{other}' WHERE order_id = '{id}'"),
    ("effect filed under no order", "completed", "effects", effect("order_id = 'nobody'")),
    ("effect of an order that nobody knows, filed under no order", "completed", "effects",
     copied("effects", "order_id = '{id}'", action_key=f"'{STRANGER}/payment/action'", order_id="'by hand'")),
    ("request's amount", "completed", "money", words("10000", "9000")),
    ("request's currency", "completed", "money", words("USD", "EUR")),
    ("request's customer", "completed", "orders", words("ann@", "eve@")),
    ("request not to be read", "completed", "money", effect("request = 'x'")),
]
INVENTORY = [
    ("stock one more", "completed", "stock", "UPDATE products SET stock = stock + 1 WHERE item_id = 'product-001'"),
    ("stock one less", "completed", "stock", "UPDATE products SET stock = stock - 1 WHERE item_id = 'product-001'"),
    ("first stock one more", "completed", "stock",
     "UPDATE products SET initial_stock = initial_stock + 1 WHERE item_id = 'product-001'"),
    ("restocked one more, stock too", "completed", "stock",
     "UPDATE products SET restocked = restocked + 1, stock = stock + 1 WHERE item_id = 'product-001'"),
    ("restock gone", "completed", "stock", "DELETE FROM restocks WHERE item_id = 'product-001'"),
    ("restock of another quantity", "completed", "stock",
     "UPDATE restocks SET quantity = quantity + 1 WHERE item_id = 'product-001'"),
    ("product gone", "completed", "stock", "DELETE FROM products WHERE item_id = 'product-003'"),
    ("reservation gone", "completed", "stock", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("refusal gone", "out_of_stock", "stock", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("reservation released of a completed order", "completed", "effects", effect("state = 'reversed'")),
    ("reservation held by a cancelled order", "out_of_stock", "stock", effect("state = 'applied'")),
    ("refusal taken for a release", "out_of_stock", "stock", effect("state = 'reversed'")),
    ("quantity reserved", "completed", "stock", words('"quantity":2', '"quantity":3')),
    ("quantity reserved, stock too", "completed", "stock", words('"quantity":2', '"quantity":3'),
     "UPDATE products SET stock = stock - 1 WHERE item_id = 'product-001'"),
    ("item reserved", "completed", "stock", words("product-001", "product-002")),
    ("lines refused", "out_of_stock", "stock", words("999", "998")),
    ("request not to be read", "completed", "stock", effect("request = 'x'")),
    ("reservation filed under another order", "completed", "effects",
     "UPDATE effects SET order_id = '{other}' WHERE order_id = '{id}'"),
    ("reservation of a declined order", "declined", "stock",
     copied("effects", "order_id = '{other}'", action_key="'{id}/inventory/action'", order_id="'{id}'")),
    ("reservation of an order that nobody knows", "completed", "effects",
     copied("effects", "order_id = '{id}'", action_key=f"'{STRANGER}/inventory/action'", order_id=f"'{STRANGER}'"),
     "UPDATE products SET stock = stock - 2 WHERE item_id = 'product-001'"),
    ("reservation of nobody's", "completed", "effects",
     copied("effects", "order_id = '{id}'", action_key="'a-stranger'", order_id="'by hand'"),
     "UPDATE products SET stock = stock - 2 WHERE item_id = 'product-001'"),
]
NOTIFICATION = [
    ("notice gone", "completed", "notices", "DELETE FROM effects WHERE order_id = '{id}'"),
    ("notice never sent", "completed", "notices", effect("state = 'in_progress'")),
    ("notice of another kind", "completed", "notices", words("completed", "cancelled")),
    ("notice of another kind, declined", "declined", "notices", words("payment_failed", "refunded")),
    ("notice to somebody else", "completed", "notices", words("ann@", "eve@")),
    ("notice's refund", "out_of_stock", "notices", words('"refunded_minor":4995000', '"refunded_minor":1')),
    ("notice's total", "completed", "notices", words('"total_minor":10000', '"total_minor":1000')),
    ("notice's lines", "completed", "notices", words('"quantity":2', '"quantity":1')),
    ("request not to be read", "completed", "notices", effect("request = 'x'")),
    ("notice of an open order", "parked", "notices",
     copied("effects", "order_id = '{other}'", action_key="'{id}/notification/action'", order_id="'{id}'")),
    ("notice of an order that nobody knows", "completed", "effects",
     copied("effects", "order_id = '{id}'", action_key=f"'{STRANGER}/notification/action'", order_id=f"'{STRANGER}'")),
    ("notice of nobody's", "completed", "effects",
     copied("effects", "order_id = '{id}'", action_key="'a-stranger'", order_id="'by hand'")),
]


def _found_under(name, database):
    if "nobody knows" in name:
        return STRANGER
    if "stranger's" in name or "of nobody's" in name:
        return "a-stranger"
    if database == "inventory_db" and "product gone" in name:
        return "product-003"
    stock = ("stock one", "first stock", "restock", "restocked")
    return "product-001" if database == "inventory_db" and name.startswith(stock) else ""


def _all():
    for database, table in (("orders_db", ORDERS), ("payment_db", PAYMENT), ("inventory_db", INVENTORY),
                            ("notification_db", NOTIFICATION)):
        for name, order, rule, *statements in table:
            label = f"{database.partition('_')[0]}: {name}"
            yield Corruption(label, database, order, tuple(statements), rule, _found_under(name, database))
    for name, order, *statements in STANDING:
        yield Corruption(f"orders: {name}", "orders_db", order, tuple(statements), "orders", slow=True)


CORRUPTIONS = list(_all())
# The one that nobody can see: there is nothing left that it contradicts.
UNSEEN = Corruption("inventory: stock and first stock one more", "inventory_db", "completed",
                    ("UPDATE products SET stock = stock + 1, initial_stock = initial_stock + 1 "
                     "WHERE item_id = 'product-001'",))
