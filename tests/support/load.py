"""Places orders from several threads while the test breaks something, as a patient client does: the same Idempotency-Key
until there is an answer, so that no order is made twice and none is lost to the client."""

import http.client
import threading
import time
import uuid

from .waiting import wait_until

# item, quantity, e-mail, how it must end. The cards answer at once; the last has no such product.
MIX = (
    ("product-selftest", 1, "fast@card.test", "COMPLETED"),
    ("product-selftest", 2, "fast+b@card.test", "COMPLETED"),
    ("product-selftest", 3, "fast+c@card.test", "COMPLETED"),
    ("product-001", 999, "fast@card.test", "CANCELLED"),
    ("product-selftest", 1, "decline@card.test", "CANCELLED"),
    ("no-such-product", 1, "fast@card.test", "CANCELLED"),
)


class Load:
    """As fast as its threads can, or `rate` orders a second."""

    def __init__(self, rest, count, threads=8, mix=MIX, patience=60.0, rate=None):
        self.rest = rest
        self.count = count
        self.mix = mix
        self.patience = patience
        self.expected = {}    # order id -> status it must end with
        self.sold = {}        # item id -> units that must be gone
        self.slowest = 0.0
        self.latencies = []   # seconds, of each order accepted, repeats included
        self.rate = rate
        self.started = 0.0
        self.problems = []
        self.next = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def start(self):
        self.started = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join(self.patience * 2)
        assert not self.problems, self.problems[:5]
        assert len(self.expected) == self.count, f"{len(self.expected)} orders of {self.count}"
        return self

    def finish(self):
        """Places no more than have been begun, and waits for those."""
        with self.lock:
            self.count = self.next
        return self.join()

    def one_more(self):
        """Places one more order, at once and on the caller's thread: after whatever the caller has just broken."""
        with self.lock:
            self.count += 1
            self.next += 1
        self._place(*self.mix[0])

    def p99(self):
        """Milliseconds."""
        latencies = sorted(self.latencies)
        return 1000 * latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)]

    def accepted(self):
        return len(self.expected)

    def wait_accepted(self, count, seconds=20.0):
        """An order that was answered as none may be ends the wait: no more of them come then."""
        wait_until(lambda: self.accepted() >= count or self.problems,
                   lambda: f"{count} orders, {self.accepted()} accepted", seconds)
        assert not self.problems, self.problems[:5]

    def going(self):
        return any(thread.is_alive() for thread in self.threads)

    def _run(self):
        while not self.problems:
            with self.lock:
                number = self.next
                if number >= self.count:
                    return
                self.next += 1
            if self.rate is not None:
                time.sleep(max(0.0, self.started + number / self.rate - time.monotonic()))
            self._place(*self.mix[number % len(self.mix)])

    def _place(self, item_id, quantity, email, status):
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"item_id": item_id, "quantity": quantity, "user_email": email}
        started = time.monotonic()
        while True:
            try:
                answer = self.rest.call("POST", "/api/v1/orders", body, headers)
            except (OSError, http.client.HTTPException) as problem:
                answer = problem
            if getattr(answer, "status", 0) == 202:
                with self.lock:
                    self.expected[answer.json["order_id"]] = status
                    self.sold[item_id] = self.sold.get(item_id, 0) + (quantity if status == "COMPLETED" else 0)
                    self.latencies.append(time.monotonic() - started)
                    self.slowest = max(self.slowest, self.latencies[-1])
                return
            # Only "not now" may be met while something is broken.
            if getattr(answer, "status", 503) not in (503, 504) or time.monotonic() - started > self.patience:
                self.problems.append(repr(answer))
                return
            time.sleep(0.1)  # as Retry-After asks of clients, only shorter
