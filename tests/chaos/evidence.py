"""What there is to judge by: the customers' log, the rows of the four databases, the subscriber's log, the mail folder.

Everything is read by SQL of our own and from the files themselves, by nothing of the product. The connections belong to
the superuser and are never committed, so that a loss can be planted in them, be judged, and be rolled back.
"""

import email
import email.policy
import json

import psycopg2
import psycopg2.extras

DATABASES = ("orders_db", "payment_db", "inventory_db", "notification_db")
EFFECTS = "SELECT action_key, order_id, state, request, lock_key, given_back FROM effects"


class Databases:
    def __init__(self, superuser_url):
        self.connections = {name: psycopg2.connect(superuser_url, dbname=name) for name in DATABASES}

    def rows(self, database, statement, *values):
        with self.connections[database].cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def change(self, database, statement, *values):
        """Changes exactly one row or more; a plant that changes nothing proves nothing."""
        with self.connections[database].cursor() as cursor:
            cursor.execute(statement, values)
            if cursor.rowcount < 1:
                raise RuntimeError(f"changed nothing: {statement} {values}")

    def rollback(self):
        for connection in self.connections.values():
            connection.rollback()

    def close(self):
        for connection in self.connections.values():
            connection.close()


class Evidence:
    """One reading of everything. Lists and dictionaries of plain rows; judged by judge.py."""

    def __init__(self, databases, purchases, deliveries, mail_folder):
        self.purchases = purchases
        self.deliveries = list(deliveries)
        self._orders(databases)
        self.transfers = databases.rows("payment_db", "SELECT * FROM transfers ORDER BY charge_key, kind, refund_key")
        self.products = databases.rows("inventory_db", "SELECT * FROM products ORDER BY item_id")
        self.restocks = databases.rows("inventory_db", "SELECT item_id, quantity FROM restocks")
        charges = databases.rows("payment_db", EFFECTS)
        self.charges = [row for row in charges if row.lock_key is None]
        self.parts = [row for row in charges if row.lock_key is not None]  # refunds in part
        self.reservations = databases.rows("inventory_db", EFFECTS)
        self.notices = databases.rows("notification_db", EFFECTS)
        self.letters = [(path.name, read_letter(path)) for path in sorted(mail_folder.rglob("*")) if path.is_file()]
        self.purchase_of = {order_id: purchase for purchase in purchases for order_id in purchase.told}

    def _orders(self, databases):
        sagas = databases.rows("orders_db", "SELECT shard, id::text, phase, status, ending, parked, version,"
                                            " event_sequence, user_email, total_minor, currency, lines FROM sagas")
        self.sagas = {saga.id: saga for saga in sagas}
        self.keys = databases.rows("orders_db", "SELECT idempotency_key AS key, id::text AS saga_id FROM sagas")
        self.journal = {}
        for row in databases.rows("orders_db", "SELECT saga_id::text, sequence FROM journal ORDER BY sequence"):
            self.journal.setdefault(row.saga_id, []).append(row.sequence)
        self.outbox = databases.rows("orders_db", "SELECT shard, position, order_id::text, sequence, routing_key, body"
                                                  " FROM outbox ORDER BY shard, position")
        self.shards = databases.rows("orders_db", "SELECT shard, next_position, relayed_position FROM shards")
        self.held = databases.rows("orders_db", "SELECT order_id::text, sequence, reason FROM relay_held")

    def events_of(self):
        """order id -> its deliveries, in the order of arrival."""
        events = {}
        for delivery in self.deliveries:
            events.setdefault(delivery.order_id, []).append(delivery)
        return events


def order_of(key):
    """The order of an effect's or a transfer's key, `<order>/<step>/<action|compensation>`."""
    return key.split("/")[0]


def units(lines):
    """item -> units, of an order's or a reservation's lines."""
    total = {}
    for line in json.loads(lines) if isinstance(lines, str) else lines:
        total[line["item_id"]] = total.get(line["item_id"], 0) + line["quantity"]
    return total


def read_letter(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
