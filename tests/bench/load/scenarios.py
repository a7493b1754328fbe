"""What the bench does with a stack: scenarios of orders, each with an audit of everything afterwards."""

import collections
import json
import subprocess
import sys

import psycopg2

from support.stack import Stack
from support.waiting import wait_until

Scenario = collections.namedtuple("Scenario", "what mix share settings serial provider_ms fixed_rate")


def scenario(what, mix="even", share=1.0, serial=False, provider_ms=0, fixed_rate=None, **settings):
    return Scenario(what, mix, share, settings, serial, provider_ms, fixed_rate)


# share: of the rate that S1 holds. {wait}: as many orders as S1 ends in 300 ms.
SCENARIOS = {
    "S1": scenario("200 products, one unit each"),
    "S3": scenario("one order at a time", serial=True),
    "S4": scenario("all of one product", mix="hot"),
    "S5": scenario("10 % declined, 10 % without stock", mix="failures"),
    "S6": scenario("three times what S1 holds", share=3.0, MAX_WAITING="{wait}"),
    "S7": scenario("payment takes 200 ms", provider_ms=200, PAYMENT_LATENCY="200ms"),
    "seedmix": scenario("2 s payments, 5 % declined, 5 % without stock", mix="seedmix", provider_ms=2000,
                        PAYMENT_LATENCY="2s", PAYMENT_DECLINE_RATE="0.05"),
}
ALWAYS = {"PAYMENT_LATENCY": "0ms", "PAYMENT_TIMEOUT": "10s", "PAYMENT_DECLINE_RATE": "0", "LOG_LEVEL": "warn"}
LATENCY_LIMIT_MS = 100
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class Bench:
    def __init__(self):
        self.stack = Stack(**ALWAYS)
        self.settings = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def start(self):
        """Everything up, products on the shelf; returns the durability settings, all of them on."""
        self.stack.start()
        with psycopg2.connect(self.stack.database_url("inventory_db")) as database, database.cursor() as cursor:
            names = [f"bench-{number:03}" for number in range(200)] + ["bench-hot"]
            cursor.executemany("INSERT INTO products (item_id, name, unit_price_minor, currency, stock, initial_stock) "
                               "VALUES (%s, %s, 5000, 'USD', 1000000000, 1000000000)", [(name, name) for name in names])
            durable = {}
            for name in DURABLE:
                cursor.execute(f"SHOW {name}")
                (durable[name],) = cursor.fetchone()
        if set(durable.values()) != {"on"}:
            raise SystemExit(f"the database is not durable: {durable}")
        return durable

    def highest_rate(self, what, seconds):
        """The highest rate that is held, within about 10 %."""
        held, rate, factor = 0.0, 100.0, 1.5
        while factor > 1.08:
            result = self.run(what, rate, seconds, audit=False)
            print(f"  {rate:.0f}/s: {result['ended_per_s']:.0f} ended/s, p99 {result['end_ms']['p99']:.0f} ms",
                  file=sys.stderr, flush=True)
            if self.is_held(result, what):
                held = rate
            else:
                factor = factor ** 0.5
            rate = max(held, 20.0) * factor
            if held == 0 and rate < 25:
                break
        return max(held, 20.0)

    def is_held(self, result, what):
        return (result["busy"] == 0 and result["failed"] == 0 and
                result["ended_per_s"] >= 0.98 * result["offered_per_s"] * self.full_share(result, what) and
                result["end_ms"]["p99"] <= LATENCY_LIMIT_MS + what.provider_ms)

    @staticmethod
    def full_share(result, what):
        """Of the orders sent, those that can have ended when the last is sent."""
        return max(0.0, 1 - what.provider_ms / 1000 / max(result["seconds"], 0.001))

    def run(self, what, s1_rate, seconds, audit=True):
        wait = max(10, round(0.3 * s1_rate))
        self.apply({name: value.format(wait=wait) for name, value in what.settings.items()})
        rate = s1_rate * what.share
        connections = min(2000, max(32, int(rate * 0.2)))
        command = [str(self.stack.build_dir / "tests" / "bin" / "bench-load"),
                   "--port", self.stack.environment["GATEWAY_PORT"], "--broker", self.stack.amqp_url, "--mix", what.mix,
                   "--rate", str(rate), "--seconds", str(seconds), "--connections", str(connections),
                   *(["--serial"] if what.serial else [])]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 300)
        if not done.stdout:
            raise SystemExit(f"bench-load failed: {done.stderr}")
        result = json.loads(done.stdout)
        result["valid"], result["why"] = True, ""
        if done.returncode != 0 or result["open"] or result["holes"]:
            result["valid"] = False
            result["why"] = done.stderr.strip() or f"{result['open']} orders open, {result['holes']} holes"
        if audit:
            result["audit"] = self.audit()
            if not result["audit"]["clean"]:
                result["valid"] = False
                result["why"] = f"{len(result['audit']['violations'])} violations: {result['audit']['violations'][:3]}"
        return result

    def audit(self):
        """Of everything there is, once nothing is open any more."""
        sagactl = [str(self.stack.build_dir / "bin" / "sagactl"), "--address", self.stack.orchestrator.url]
        wait_until(lambda: '"sagas":[]' in self.output([*sagactl, "list", "--open", "--limit", "1", "-o", "json"]),
                   "all sagas to finish", 120)
        return json.loads(self.output([*sagactl, "audit", "--payment", self.stack.payment.url, "--inventory",
                                       self.stack.inventory.url, "-o", "json"]))

    @staticmethod
    def output(command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        if not done.stdout:
            raise SystemExit(f"{command[3]} failed: {done.stderr}")
        return done.stdout

    def apply(self, settings):
        """Restarts what a scenario wants to be otherwise; the next one without the setting gets it back."""
        if settings == self.settings:
            return
        self.settings = settings
        for part in (self.stack.payment, self.stack.orchestrator):
            part.settings = dict(settings)
            part.restart()
