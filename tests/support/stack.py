"""A private stack for tests: PostgreSQL, RabbitMQ, all services and the gateway, on free ports, in a temporary folder.

It is a thin cover over deploy/part, so tests start things exactly as deploy/up does. Every part can be stopped, killed,
restarted with other settings, or replaced by its faulty twin:

    with Stack() as stack:
        stack.start()
        stack.payment.restart_faulty("payment.committed_not_replied:kill:1")
        ...
        stack.payment.wait_dead()
        stack.payment.start()

With Stack(replicas=2), or after stack.scale(2), there are several orchestrators: stack.orchestrators.
"""

import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import urllib.parse

from .metrics import metric
from .waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("postgres", "rabbitmq", "payment", "inventory", "notification", "orchestrator", "gateway")
PORTS = ("GATEWAY_PORT", "ORCHESTRATOR_PORT", "PAYMENT_PORT", "INVENTORY_PORT", "NOTIFICATION_PORT",
         "GATEWAY_ADMIN_PORT", "ORCHESTRATOR_ADMIN_PORT", "PAYMENT_ADMIN_PORT", "INVENTORY_ADMIN_PORT",
         "NOTIFICATION_ADMIN_PORT", "POSTGRES_PORT", "RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT",
         "RABBITMQ_DIST_PORT", "RABBITMQ_EPMD_PORT", "ORCHESTRATOR_2_PORT", "ORCHESTRATOR_2_ADMIN_PORT",
         "ORCHESTRATOR_3_PORT", "ORCHESTRATOR_3_ADMIN_PORT")
SHARDS = 64  # of a new database
# Quick and certain, where the defaults are slow and random.
TEST_SETTINGS = {"PAYMENT_LATENCY": "20ms", "PAYMENT_TIMEOUT": "1s", "PAYMENT_DECLINE_RATE": "0", "LOG_FORMAT": "text",
                 "LOG_LEVEL": "info"}
PROGRAMS = {"payment": "payment-service", "inventory": "inventory-service", "notification": "notification-service",
            "orchestrator": "orchestrator", "orchestrator-2": "orchestrator", "orchestrator-3": "orchestrator",
            "gateway": "gateway"}


def free_ports(count):
    answer = subprocess.run(["bash", "-c", f"source {ROOT}/deploy/lib/ports.sh; free_ports {count}"],
                            check=True, capture_output=True, text=True)
    return [int(line) for line in answer.stdout.split()]


class Part:
    """One process of the stack. Its settings are those of the stack and its own, which stay until changed."""

    def __init__(self, stack, name):
        self.stack = stack
        self.name = name
        self.settings = {}

    def _do(self, verb, *arguments, **settings):
        environment = {**self.stack.environment, **self.settings, **settings}
        done = subprocess.run([str(self.stack.root / "deploy" / "part"), verb, self.name, *arguments], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
        if done.returncode != 0 and verb != "pid":
            raise RuntimeError(f"deploy/part {verb} {self.name} failed:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def start(self, wait=True, **settings):
        self._do("start", *([] if wait else ["--no-wait"]), **settings)

    def start_faulty(self, fault, wait=True, **settings):
        """The twin with fault points: ORDERSAGA_FAULT="<point>:<action>[:<nth hit>]"."""
        twin = self.stack.build_dir / "tests" / "bin" / f"{PROGRAMS[self.name]}-faulty"
        self.start(wait, **{self.variable("BINARY"): str(twin), "ORDERSAGA_FAULT": fault}, **settings)

    def restart_faulty(self, fault, **settings):
        self.stop()
        self.start_faulty(fault, **settings)

    def stop(self):
        self._do("stop")

    def kill(self):
        """kill -9."""
        self._do("kill")

    def crash(self):
        """PostgreSQL only: an immediate shutdown."""
        self._do("crash")

    def restart(self, **settings):
        self.stop()
        self.start(**settings)

    def wait_ready(self):
        self._do("wait")

    @property
    def pid(self):
        text = self._do("pid")
        return int(text) if text else None

    @property
    def url(self):
        """As deploy/part says it; for a gRPC service without asking, since tests measure times with it."""
        if self.name in PROGRAMS and self.name != "gateway":
            return f"127.0.0.1:{self.port()}"
        return self._do("url")

    @property
    def log(self):
        return (self.stack.folder / "log" / f"{self.name}.log").read_text(errors="replace")

    def port(self, name="PORT"):
        return int(self.stack.environment[self.variable(name)])

    def variable(self, name):
        return f"{self.name.upper().replace('-', '_')}_{name}"

    def metric(self, name):
        """One number from the part's metrics page; 0 if nobody answers."""
        try:
            return metric(self.port("ADMIN_PORT"), name)
        except OSError:
            return 0

    def signal(self, number):
        """SIGSTOP, SIGCONT, ...: what deploy/part has no verb for."""
        os.kill(self.pid, number)

    def wait_dead(self, seconds=30):
        """Until a fault point has ended the process."""
        wait_until(lambda: self.pid is None, f"{self.name} to die at its fault point", seconds)


class Stack:
    def __init__(self, replicas=1, root=None, by_tcp=False, **settings):
        """root: another source tree, built, whose programs and scripts are run. by_tcp: programs reach PostgreSQL by TCP
        instead of its socket, because deploy/lib/postgres.sh makes none in a folder whose name would have to be quoted."""
        self.root = pathlib.Path(root or ROOT)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ordersaga-stack+." if by_tcp else "ordersaga-stack."))
        self.folder.chmod(0o755)  # PostgreSQL may run as another user
        self.build_dir = pathlib.Path(root / "build" if root else os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build"))
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ},
            "STACK_DIR": str(self.folder), "BIN_DIR": str(self.build_dir / "bin"), "QUIET": "1", "NO_COLOR": "1",
            **TEST_SETTINGS, **dict(zip(PORTS, map(str, free_ports(len(PORTS))))), **settings}
        self.parts = {}
        self._set_replicas(replicas)

    def _set_replicas(self, replicas):
        names = list(PARTS)
        names[-1:-1] = [f"orchestrator-{number}" for number in range(2, replicas + 1)]
        self.environment["ORCHESTRATOR_REPLICAS"] = str(replicas)
        self.parts = {name: self.parts.get(name) or Part(self, name) for name in names}

    def scale(self, replicas):
        """So many orchestrators from now on, up to 3; the gateway is told."""
        for part in self.orchestrators[replicas:]:
            part.stop()
        self._set_replicas(replicas)
        for part in self.orchestrators:
            part.start()
        self.gateway.restart()

    @property
    def orchestrators(self):
        return [part for name, part in self.parts.items() if PROGRAMS.get(name) == "orchestrator"]

    def __getattr__(self, name):
        if name in PARTS and "parts" in self.__dict__:
            return self.parts[name]
        raise AttributeError(name)

    def start(self, *names):
        """Starts the parts named (all by default). RabbitMQ, the slowest, boots while PostgreSQL does."""
        names = names or tuple(self.parts)
        if "rabbitmq" in names:
            self.rabbitmq.start(wait=False)
        if "postgres" in names:
            self.postgres.start()
        for name in names:
            if name not in ("postgres", "rabbitmq"):
                self.parts[name].start(wait=False)
        for name in names:
            self.parts[name].wait_ready()

    def start_missing(self):
        """Brings every part up again, without faults: what a test has to leave behind."""
        for part in self.parts.values():
            if part.pid is None:
                part.start()

    def close(self):
        subprocess.run([str(self.root / "deploy" / "down"), "-v"], env=self.environment, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=180, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_logs(self, target):
        """Copies the logs to where they survive close()."""
        if (self.folder / "log").is_dir():
            shutil.copytree(self.folder / "log", target, dirs_exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def rest_url(self):
        return f"{'https://localhost' if self.secure else 'http://127.0.0.1'}:{self.environment['GATEWAY_PORT']}"

    @property
    def https(self):
        """What a client of rest_url believes; None without TLS."""
        return ssl.create_default_context(cafile=self.folder / "certs/ca.crt") if self.secure else None

    key = None  # with which Rest and Grpc ask, where the tests run behind TLS and keys

    @property
    def secure(self):
        return self.environment.get("SECURE") == "1"

    @property
    def amqp_url(self):
        if self.secure:
            return self.rabbitmq.url
        return f"amqp://admin:admin@127.0.0.1:{self.environment['RABBITMQ_PORT']}/%2F"

    def database_url(self, name):
        if self.secure:
            password = urllib.parse.quote((self.folder / "secrets" / name).read_text().strip(), safe="")
            return (f"postgresql://{name}:{password}@localhost:{self.environment['POSTGRES_PORT']}/{name}"
                    f"?sslmode=verify-full&sslrootcert={self.folder}/certs/ca.crt")
        return f"postgresql://{name}:{name}@127.0.0.1:{self.environment['POSTGRES_PORT']}/{name}"

    @property
    def mailbox(self):
        return self.folder / "mail"
