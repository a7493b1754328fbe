"""Losses and lies in the rows of the four databases (see plants.py)."""

ORDER_ROWS = ("sagas WHERE id", "journal WHERE saga_id", "outbox WHERE order_id")
TRANSFER = "charge_key, kind, debit_account, credit_account, amount_minor, currency, provider_id"
ROW_PLANTS = {}  # name -> (function, the check that must find it)


def found_by(check):
    def add(function):
        ROW_PLANTS[function.__name__.replace("_", "-")] = (function, check)
        return function
    return add


def an_order(db, ending):
    rows = db.rows("orders_db", "SELECT id::text AS id FROM sagas WHERE ending = %s ORDER BY id LIMIT 1", ending)
    if not rows:
        raise RuntimeError(f"no order ended as {ending}: another seed is needed")
    return rows[0].id


@found_by("every 202 is one order, every key one order")
def lose_order(db):
    """Every trace of it but the customer's 202, and the units it had bought back on the shelf."""
    lost = an_order(db, "completed")
    for rows in ORDER_ROWS:
        db.change("orders_db", f"DELETE FROM {rows} = %s", lost)
    db.change("inventory_db", "UPDATE products SET stock = stock + (line->>'quantity')::bigint FROM effects,"
                              " jsonb_array_elements(request::jsonb) AS line"
                              " WHERE order_id = %s AND line->>'item_id' = products.item_id", lost)
    db.change("payment_db", "DELETE FROM transfers WHERE charge_key LIKE %s", f"{lost}/%")
    for database in ("payment_db", "inventory_db", "notification_db"):
        db.change(database, "DELETE FROM effects WHERE order_id = %s", lost)

    def forget(evidence):
        evidence.deliveries = [d for d in evidence.deliveries if d.order_id != lost]
        evidence.letters = [(name, letter) for name, letter in evidence.letters if letter["X-Order-Id"] != lost]
        # The shard's positions would tell as well: only the missing order shall.
        evidence.outbox, evidence.shards = [], []
    return forget


@found_by("every 202 is one order, every key one order")
def lose_key(db):
    db.change("orders_db", "UPDATE sagas SET idempotency_key = 'another' WHERE id = %s", an_order(db, "completed"))


@found_by("every 202 is one order, every key one order")
def double_order(db):
    db.change("orders_db", "CREATE TEMPORARY TABLE again AS SELECT * FROM sagas WHERE id = %s", an_order(db, "completed"))
    db.change("orders_db", "UPDATE again SET id = gen_random_uuid(), idempotency_key = 'another'")
    db.change("orders_db", "INSERT INTO sagas SELECT * FROM again")


@found_by("stored as it was ordered")
def another_address(db):
    db.change("orders_db", "UPDATE sagas SET user_email = 'eve@example.com' WHERE id = %s", an_order(db, "completed"))


@found_by("every order ended")
def unmoved_order(db):
    db.change("orders_db", "UPDATE sagas SET phase = 'notifying', finished_at = NULL, due_at = NULL WHERE id = %s",
              an_order(db, "completed"))


@found_by("charged - refunded = total, or 0")
def flip_status(db):
    db.change("orders_db", "UPDATE sagas SET status = 'CANCELLED' WHERE id = %s", an_order(db, "completed"))


@found_by("charged - refunded = total, or 0")
def lose_charge(db):
    db.change("payment_db", "DELETE FROM transfers WHERE charge_key LIKE %s", f"{an_order(db, 'completed')}/%")


@found_by("charged - refunded = total, or 0")
def lose_refund(db):
    db.change("payment_db", "DELETE FROM transfers WHERE kind = 'refund' AND charge_key LIKE %s",
              f"{an_order(db, 'inventory_rejected')}/%")


@found_by("charged - refunded = total, or 0")
def lose_refund_and_its_count(db):
    lose_refund(db)
    db.change("payment_db", "UPDATE effects SET given_back = 0 WHERE action_key LIKE %s",
              f"{an_order(db, 'inventory_rejected')}/%")


@found_by("charged - refunded = total, or 0")
def double_charge(db):
    order_id = an_order(db, "completed")
    db.change("payment_db", f"INSERT INTO transfers ({TRANSFER}) SELECT charge_key || '-again', kind, debit_account,"
                            " credit_account, amount_minor, currency, provider_id FROM transfers"
                            " WHERE charge_key LIKE %s", f"{order_id}/%")


@found_by("charged - refunded = total, or 0")
def other_currency(db):
    db.change("payment_db", "UPDATE transfers SET currency = 'EUR' WHERE charge_key LIKE %s",
              f"{an_order(db, 'completed')}/%")


@found_by("no effect without an order, none left")
def charge_without_order(db):
    db.change("payment_db", f"INSERT INTO transfers ({TRANSFER}) VALUES (gen_random_uuid() || '/payment/action',"
                            " 'charge', 'customer', 'merchant', 5000, 'USD', 'planted')")


@found_by("initial + restocked - sold = on hand")
def one_unit_more(db):
    db.change("inventory_db", "UPDATE products SET stock = stock + 1 WHERE item_id = 'product-002'")


@found_by("no effect without an order, none left")
def cancelled_holds_stock(db):
    db.change("inventory_db", "UPDATE effects SET state = 'applied', reason = '' WHERE order_id = %s",
              an_order(db, "inventory_rejected"))


@found_by("the outbox is relayed, to the last row")
def lose_outbox_row(db):
    db.change("orders_db", "DELETE FROM outbox WHERE order_id = %s AND sequence = 2", an_order(db, "completed"))


@found_by("the outbox is relayed, to the last row")
def not_relayed(db):
    db.change("orders_db", "UPDATE shards SET relayed_position = relayed_position - 1 WHERE relayed_position ="
                           " (SELECT max(relayed_position) FROM shards)")


@found_by("the journal has no gap")
def lose_journal_row(db):
    db.change("orders_db", "DELETE FROM journal WHERE saga_id = %s AND sequence = 2", an_order(db, "completed"))
