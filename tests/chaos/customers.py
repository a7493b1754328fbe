"""The customers: they place orders by HTTP as anybody would, insist until they are answered, and write down what they heard.

Each order follows a script drawn from (seed, number) alone: what is bought and with which test card, and whether the same
key comes again, with another body, or twice at once; whether the order is cancelled, and when; when it is looked at.
"""

import concurrent.futures
import dataclasses
import http.client
import json
import random
import threading
import time

PATIENCE = 180  # seconds a customer insists before he gives up, which is a violation
HURRY = 6       # seconds he waits for one answer
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


class Customers:
    def __init__(self, port, log_path, seed):
        self.port = port
        self.seed = seed
        self.purchases = []
        self.requests = {}  # HTTP status, or the name of what went wrong -> how often
        self.lock = threading.Lock()
        self.log = open(log_path, "a", encoding="utf-8")

    def ask(self, method, path, body=None, key=None):
        """One try: (HTTP status, JSON); (None, {}) if there was no answer, which says nothing about what happened."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HURRY)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            status, value = answer.status, json.loads(answer.read() or b"{}")
            outcome = status
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, value, outcome = None, {}, type(error).__name__
        finally:
            connection.close()
        with self.lock:
            self.requests[outcome] = self.requests.get(outcome, 0) + 1
        return status, value

    def insist(self, purchase, dice, method, path, body=None, key=None):
        """The same request until it is answered for good: not 5xx, not 429, not silence."""
        begun = time.monotonic()
        while True:
            status, value = self.ask(method, path, body, key)
            waited = time.monotonic() - begun
            purchase.waited = max(purchase.waited, waited)
            if status is not None and status < 500 and status != 429:
                return status, value
            if waited > PATIENCE:
                purchase.gave_up = True
                return None, {}
            purchase.repeated = True
            time.sleep(dice.uniform(0.1, 0.8))

    def place(self, purchase, dice):
        status, value = self.insist(purchase, dice, "POST", "/api/v1/orders", purchase.body, purchase.key)
        if status == 202:
            purchase.told.append(value.get("order_id"))
        elif status is not None:
            purchase.refused.append((status, value))

    def look(self, purchase):
        """One GET; no answer is no news."""
        status, value = self.ask("GET", f"/api/v1/orders/{purchase.told[0]}")
        if status is not None and status < 500 and status != 429:
            purchase.seen.append((status, value.get("status")))

    def buy(self, number):
        """One order from beginning to end."""
        purchase, dice = draw(self.seed, number)
        with self.lock:
            self.purchases.append(purchase)
        if dice.random() < 0.03:  # twice at once
            twin = threading.Thread(target=self.place, args=(purchase, random.Random(f"{self.seed}/{number}/twin")))
            twin.start()
            self.place(purchase, dice)
            twin.join()
        else:
            self.place(purchase, dice)
        if purchase.told:
            self.live_with(purchase, dice)
        with self.lock:
            self.log.write(json.dumps(dataclasses.asdict(purchase)) + "\n")
            self.log.flush()

    def live_with(self, purchase, dice):
        if dice.random() < 0.08:
            time.sleep(dice.uniform(0, 1.5))
            path = f"/api/v1/orders/{purchase.told[0]}/cancel"
            purchase.cancels.append(self.insist(purchase, dice, "POST", path, {"reason": "changed my mind"})[0])
        if dice.random() < 0.05:
            self.place(purchase, dice)
        if dice.random() < 0.03:
            other = {**purchase.body, "quantity": purchase.quantity + 1}
            purchase.otherwise.append(self.insist(purchase, dice, "POST", "/api/v1/orders", other, purchase.key)[0])
        for _ in range(dice.choice((0, 0, 1, 3))):
            self.look(purchase)
            time.sleep(dice.uniform(0, 1))

    def buy_all(self, orders, rate):
        """So many orders at so many a second, at most 64 under way. Returns when every customer is through."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(64) as crowd:
            waiting = []
            for number in range(orders):
                time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                waiting.append(crowd.submit(self.buy, number))
            for one in waiting:
                one.result()

    def look_again(self):
        """Afterwards: everybody looks once more, and one in ten sends his order once more."""
        for purchase in self.purchases:
            dice = random.Random(f"{self.seed}/{purchase.number}/afterwards")
            if purchase.told:
                self.look(purchase)
                if dice.random() < 0.1:
                    self.place(purchase, dice)
        self.log.close()
