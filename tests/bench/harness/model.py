"""What one order costs at the least, and what the machine could do if that were all. Pure."""

import statistics

# The least that an order which completes needs in this design: what each part does however many orders are in flight.
PARTS = {
    "gateway: POST /api/v1/orders": {"requests": 1},
    "gateway -> orchestrator: PlaceOrder": {"calls": 1},
    # key; saga: made, and written after each of the three answers; journal: placed, paid, reserved, told
    "orchestrator: key 1, saga 1 + 3, journal 4": {"rows": 9},
    "orchestrator: outbox": {"rows": 4},
    "orchestrator -> payment, inventory, notification": {"calls": 3},
    "payment: effect 1 + 1, transfer 1": {"rows": 3},
    "inventory: effect 1 (one update per product and turn is shared)": {"rows": 1},
    "notification: effect 1 + 1": {"rows": 2},
    "relay: events published and read": {"messages": 4},
}
# Which yardstick's CPU (microseconds, server and client) is the unit's cost when work is batched as this design does it.
UNIT_COST = {"requests": "http_us", "calls": "rpc_us", "rows": "row_us", "messages": "amqp_us"}


def units(parts=None):
    """How many of each unit one order needs."""
    total = dict.fromkeys(UNIT_COST, 0)
    for needs in (parts or PARTS).values():
        for unit, count in needs.items():
            total[unit] += count
    return total


def limit(yardsticks, cores, parts=None):
    """Orders a second if an order cost nothing but its units at this run's batched cost, with the terms of the sum."""
    terms = {unit: {"count": count, "us": yardsticks[UNIT_COST[unit]], "sum_us": count * yardsticks[UNIT_COST[unit]]}
             for unit, count in units(parts).items()}
    us = sum(term["sum_us"] for term in terms.values())
    return {"terms": terms, "us_per_order": us, "cores": cores, "orders_per_s": cores * 1e6 / us}


def formula(found):
    """The limit as one line of text."""
    terms = " + ".join(f"{term['count']} {unit} x {term['us']:.1f}" for unit, term in found["terms"].items())
    return (f"limit = {found['cores']} cores / ({terms}) us = {found['cores']} s / {found['us_per_order']:.0f} us "
            f"= {found['orders_per_s']:.0f} orders/s")


def parts_per_s(yardsticks):
    """PARTS: the throughput if every order paid the unbatched price of each part, one after the other."""
    y = yardsticks
    return 1 / (1 / y["http_per_s"] + 4 / y["rpc_per_s"] + 7 / y["commits_per_s"] + 4 / y["amqp_per_s"])


def parts_us(yardsticks):
    """The same as CPU: what one order would cost in unbatched units."""
    y = yardsticks
    return y["http_us"] + 4 * y["rpc_us"] + 7 * y["commit_us"] + 4 * y["amqp_us"]


def serial_ms(yardsticks):
    """L: seven commits, four calls and a request, each waiting for the one before."""
    y = yardsticks
    return 7 * y["commit_ms"] + 4 * y["rpc_ms"] + y["http_ms"]


def middle(every):
    """Of several measurements of the yardsticks, the middle one of each."""
    return {key: statistics.median(each[key] for each in every) for key in every[0]}
