"""The customers: they place orders by HTTP as anybody would, insist until they are answered, and note what they heard.

What each does is drawn from (seed, number) alone: what is bought and with which test card, and whether the same key
comes again, with another body, or twice at once; whether the order is cancelled, and when; when it is looked at.
"""

import concurrent.futures
import dataclasses
import http.client
import json
import random
import threading
import time

from .purchase import draw

PATIENCE = 180  # seconds a customer insists before he gives up, which is a violation
HURRY = 6       # seconds he waits for one answer


class Customers:
    def __init__(self, port, log_path, seed):
        self.port = port
        self.seed = seed
        self.purchases = []
        self.requests = {}  # HTTP status, or the name of what went wrong -> how often
        self.lock = threading.Lock()
        self.leaving = threading.Event()  # the run is interrupted: nobody insists any more
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

    def insist(self, purchase, method, path, body=None, key=None):
        """The same request until it is answered for good: not 5xx, not 429, not silence."""
        begun = time.monotonic()
        while True:
            status, value = self.ask(method, path, body, key)
            waited = time.monotonic() - begun
            purchase.waited = max(purchase.waited, waited)
            if status is not None and status < 500 and status != 429:
                return status, value
            if waited > PATIENCE or self.leaving.is_set():
                purchase.gave_up = True
                return None, {}
            purchase.repeated = True
            time.sleep(random.uniform(0.1, 0.8))

    def place(self, purchase):
        status, value = self.insist(purchase, "POST", "/api/v1/orders", purchase.body, purchase.key)
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
            twin = threading.Thread(target=self.place, args=(purchase,))
            twin.start()
            self.place(purchase)
            twin.join()
        else:
            self.place(purchase)
        if purchase.told:
            self.live_with(purchase, dice)
        self.write_down(purchase)

    def write_down(self, purchase):
        """A line of the log; a later one about the same purchase knows more."""
        with self.lock:
            self.log.write(json.dumps(dataclasses.asdict(purchase)) + "\n")
            self.log.flush()

    def live_with(self, purchase, dice):
        if dice.random() < 0.08:
            time.sleep(dice.uniform(0, 1.5))
            path = f"/api/v1/orders/{purchase.told[0]}/cancel"
            purchase.cancels.append(self.insist(purchase, "POST", path, {"reason": "changed my mind"})[0])
        if dice.random() < 0.05:
            self.place(purchase)
        if dice.random() < 0.03:
            other = {**purchase.body, "quantity": purchase.quantity + 1}
            purchase.otherwise.append(self.insist(purchase, "POST", "/api/v1/orders", other, purchase.key)[0])
        for _ in range(dice.choice((0, 0, 1, 3))):
            self.look(purchase)
            time.sleep(dice.uniform(0, 1))

    def buy_all(self, orders, rate):
        """So many orders at so many a second, at most 64 under way. Returns when every customer is through."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(64) as crowd:
            try:
                waiting = []
                for number in range(orders):
                    time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                    waiting.append(crowd.submit(self.buy, number))
                for one in waiting:
                    one.result()
            except BaseException:
                self.leaving.set()
                crowd.shutdown(wait=False, cancel_futures=True)
                raise

    def look_again(self):
        """Afterwards: everybody looks once more, and one in ten sends his order once more."""
        for purchase in self.purchases:
            dice = random.Random(f"{self.seed}/{purchase.number}/afterwards")
            if purchase.told:
                self.look(purchase)
                if dice.random() < 0.1:
                    self.place(purchase)
            self.write_down(purchase)
        self.log.close()
