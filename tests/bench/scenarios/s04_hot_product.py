"""All orders for one product; then a product of which there is half of what is asked for, sold out to the last unit."""

import uuid

from bench.harness import database
from bench.harness.bench import Invalid
from bench.harness.session import figure


def sell_out(session):
    rate, seconds = 0.5 * session.s1, session.seconds / 2
    item = f"few-{uuid.uuid4()}"
    stock = int(rate * seconds / 2)
    database.add_products(session.stack, [item], stock)
    result = session.bench.audited(rate, seconds, mix="hot", item=item, warm=0)
    with database.Database(session.stack, "inventory_db") as inventory:
        left = inventory.rows("SELECT stock FROM products WHERE item_id = %s", item)[0][0]
    if left != 0 or result["completed"] != stock or result["cancelled"] != result["accepted"] - stock:
        raise Invalid(f"{stock} units, {result['completed']} orders completed, {left} units left")
    return stock, result


def run(session):
    hot = session.maximum(mix="hot", guess=session.s1, factor=1.3)
    stock, sold = sell_out(session)
    return {"measurements": {"maximum": hot, "sell-out": sold}, "figures": [
        figure("orders completed", hot["ended_per_s"], "/s"),
        figure("of S1", session.of_s1(hot["ended_per_s"]), "", (">=", 0.9)),
        figure("sell-out: completed / stock", sold["completed"] / stock, "", (">=", 1)),
        figure("sell-out: oversold", sold["completed"] - stock, "", ("<=", 0))]}
