"""What one customer buys, drawn from the seed, and what he was told about it."""

import dataclasses
import random

# (item, most units of one order, weight). The first three run out in a long run; the last two are never to be had.
GOODS = [("product-001", 2, 10), ("product-002", 4, 15), ("product-003", 3, 15), ("product-selftest", 5, 48),
         ("product-001 x 999", 999, 6), ("invalid-product", 3, 6)]
# The first is an ordinary customer; the rest are the payment simulator's test cards.
CARDS = [("customer", 66), ("fast", 5), ("approve", 3), ("transient-2", 6), ("timeout-then-success", 6),
         ("refund-fails-2", 6), ("decline", 4), ("insufficient-funds", 3), ("timeout-then-nothing", 1)]


@dataclasses.dataclass
class Purchase:
    """What one customer wanted and what he was told: the client's log."""
    number: int
    key: str
    item: str
    quantity: int
    email: str
    card: str
    told: list = dataclasses.field(default_factory=list)       # order ids of the answers 202
    refused: list = dataclasses.field(default_factory=list)    # other final answers to a POST: (status, body)
    otherwise: list = dataclasses.field(default_factory=list)  # answers to the same key with another body
    cancels: list = dataclasses.field(default_factory=list)    # answers to a cancel
    seen: list = dataclasses.field(default_factory=list)       # (HTTP status, order's status), in order of time
    repeated: bool = False  # some request needed more than one try
    waited: float = 0.0
    gave_up: bool = False

    @property
    def body(self):
        return {"item_id": self.item, "quantity": self.quantity, "user_email": self.email}


def draw(seed, number):
    """A purchase and the source of everything random about it."""
    dice = random.Random(f"{seed}/{number}")
    item, most, _ = dice.choices(GOODS, [weight for *_, weight in GOODS])[0]
    card = dice.choices(CARDS, [weight for _, weight in CARDS])[0][0]
    quantity = most if most == 999 else dice.randint(1, most)
    email = f"customer-{number}@example.com" if card == "customer" else f"{card}+{number}@card.test"
    return Purchase(number, f"chaos-{seed}-{number}", item.split()[0], quantity, email, card), dice
