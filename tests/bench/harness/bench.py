"""A private stack under load: places orders by bench-load, counts what it costs, and audits what came of it."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from support.secure import Secure
from support.stack import ROOT, Stack
from support.waiting import wait_until

from . import cpu, database

ALWAYS = {"PAYMENT_LATENCY": "0ms", "PAYMENT_TIMEOUT": "10s", "PAYMENT_DECLINE_RATE": "0", "LOG_LEVEL": "warn",
          "DRAIN_TIMEOUT": "20s"}
# Which parts read a setting; those not named: the orchestrator.
PARTICIPANTS = ("payment", "inventory", "notification")
READERS = {"TURN_SIZE": (*PARTICIPANTS, "orchestrator"), "PAYMENT_LATENCY": ("payment",),
           "PAYMENT_DECLINE_RATE": ("payment",), "PAYMENT_TIMEOUT": ("payment",)}
LATENCY_LIMIT_MS = 100
WARM_SECONDS = 2.0


def writeback_s():
    """After how long the kernel writes back what programs have changed (docs/operations.md, Database hosts)."""
    return int(pathlib.Path("/proc/sys/vm/dirty_expire_centisecs").read_text()) / 100


class Invalid(Exception):
    """A measurement that has no number, and why."""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, root=None, by_tcp=False, secure=False, **settings):
        """root: of another source tree, built, instead of this one. by_tcp: as Stack has it, for counting. secure: behind TLS and
        keys, as deploy/up --secure has it. settings: of all parts."""
        # The mail server that the mailbox folder stands for is not what is measured: it is in memory, and emptied.
        self.mails = pathlib.Path(tempfile.mkdtemp(prefix="ordersaga-bench-mail.", dir="/dev/shm"))
        self.mails.chmod(0o777)  # if root runs this, notification runs as another user
        self.stack = Stack(root=root, by_tcp=by_tcp, MAILBOX_DIR=str(self.mails), **ALWAYS, **settings)
        self.secure = Secure(self.stack) if secure else None
        self.key = ""
        self.settings = {}
        self.meter = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()
        shutil.rmtree(self.mails)

    def start(self, wal_files=database.WAL_FILES):
        """Everything up, products on the shelf; returns the durability settings, all of them on."""
        if self.secure:
            self.secure.up()
            self.key = self.secure.key("bench", "orders:write", "orders:read", "console:view", "operate", "finance")[1]
        else:
            self.stack.start()
        self.meter = cpu.Meter(self.stack)
        database.add_products(self.stack, database.PRODUCTS, 10**9)
        database.recycle_wal(self.stack, wal_files)
        return database.assert_durable(self.stack)

    def use(self, **settings):
        """Restarts what reads a setting that changes; one that is not named any more goes back to its default."""
        changed = {name for name in {*settings, *self.settings} if settings.get(name) != self.settings.get(name)}
        self.settings = settings
        for name, part in self.stack.parts.items():
            kind = "orchestrator" if name.startswith("orchestrator") else name
            read = [key for key in changed if kind in READERS.get(key, ("orchestrator",))]
            if read:
                part.settings = {key: settings[key] for key in read if key in settings}
                part.restart()

    def mend(self):
        """Starts again what a scenario has left dead, each part with the settings it had."""
        self.stack.start_missing()

    def load(self, rate, seconds, mix="even", item=None, serial=False, warm=WARM_SECONDS, after=None, drain=60, during=None):
        """Orders at a rate. after: (rate, seconds) to go on with. during: called while it runs, e.g. to break something;
        what it returns is kept as "during". Figures are of what follows the warm-up. Returns bench-load's findings and
        the CPU that was used."""
        command = [str(pathlib.Path(build_dir()) / "tests" / "bin" / "bench-load"), "--port", self.stack.environment["GATEWAY_PORT"],
                   "--broker", self.stack.amqp_url, "--mix", mix, "--rate", str(rate), "--seconds", str(seconds),
                   "--warm", str(warm), "--drain", str(drain), "--connections", str(min(1000, max(32, int(rate * 0.2))))]
        command += ["--authority", str(self.secure.certs / "ca.crt"), "--key", self.key] if self.secure else []
        command += ["--serial"] if serial else []
        command += ["--item", item] if item else []
        command += ["--after-rate", str(after[0]), "--after-seconds", str(after[1])] if after else []
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        meter = cpu.Meter(self.stack, process.pid)
        sampler = cpu.Sampler(meter)
        try:
            found = during() if during else None
            output, errors = process.communicate(timeout=warm + seconds + (after[1] if after else 0) + drain + 200)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
            sampler.stop()
        for mail in self.mails.iterdir():
            mail.unlink(missing_ok=True)
        if process.returncode != 0 or not output:
            raise Invalid(f"bench-load failed: {errors.strip()}")
        result = {**json.loads(output), "during": found, "threads": sampler.threads}
        result["cpu"] = sampler.series(result["began"])
        used = sampler.seconds()
        orders = max(1, result["accepted"])
        if used["others"] > 0.2 * (sampler.ended - sampler.began):
            say(f"  (others on this machine used {100 * used['others'] / (sampler.ended - sampler.began):.0f} % of a core)")
        result["others_percent"] = round(100 * used["others"] / (sampler.ended - sampler.began), 1)
        result["cpu_us_per_order"] = {name: round(1e6 * value / orders, 1) for name, value in used.items()}
        return result

    def audited(self, *arguments, **named):
        """load(), and then an audit of all orders that were made meanwhile. Raises Invalid."""
        since = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        result = self.load(*arguments, **named)
        if result["open"] or result["holes"]:
            raise Invalid(f"{result['open']} accepted orders have not ended, {result['holes']} have holes in their events")
        result["audit"] = self.audit("--since", since)
        return result

    def audit(self, *arguments):
        """Once nothing is open any more. Of everything, stock included, unless told otherwise. Raises Invalid."""
        self.wait_idle()
        return self.audit_now(*arguments)

    def audit_now(self, *arguments):
        """The same while orders are open."""
        result = json.loads(self.sagactl("audit", "--payment", self.stack.payment.url, "--inventory", self.stack.inventory.url,
                                         "--notification", self.stack.notification.url,
                                         "-o", "json", *arguments))
        if not result["clean"]:
            raise Invalid(f"{len(result['violations'])} violations, the first: {result['violations'][:3]}")
        return {"orders": result["orders"], "clean": True}

    def wait_idle(self, seconds=180):
        """Until every saga has finished."""
        wait_until(lambda: '"sagas":[]' in self.sagactl("list", "--open", "--limit", "1", "-o", "json"),
                   "all sagas to finish", seconds, every=0.2)

    def sagactl(self, *arguments):
        command = [str(self.stack.build_dir / "bin" / "sagactl"), "--address", self.stack.orchestrator.url, *arguments]
        environment = {**os.environ, **({"TLS_FOLDER": str(self.secure.certs / "sagactl")} if self.secure else {})}
        if self.key and arguments[0] != "audit":  # audits read the participants, as the certificate
            environment["SAGACTL_KEY"] = self.key
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, env=environment)
        if not done.stdout:
            raise Invalid(f"sagactl {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout


def total_us(result):
    """CPU of one order in microseconds, all but the generator's."""
    return sum(value for name, value in result["cpu_us_per_order"].items() if name in cpu.ALL and name != "generator")


def is_held(result, provider_ms=0):
    """Nothing refused, nothing failed, the backlog does not grow, and orders end in time."""
    return (result["busy"] == 0 and result["failed"] == 0 and result["ended_per_s"] >= 0.98 * result["offered_per_s"]
            and result["decided_ms"]["p99"] <= LATENCY_LIMIT_MS + provider_ms)


def build_dir():
    return os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build")


def cores():
    return len(os.sched_getaffinity(0))
