"""Which replica is asked: orchestrators and payments that freeze or lose their database beside one that is well, IPv6, and
names. The stack is a private one, with the settings a user has. Times are printed (pytest -rP)."""

import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import grpc
import pytest

from support import stubs
from support.clients import Rest
from support.gate import Gate
from support.load import Load
from support.second import SecondOrchestrator
from support.stack import SHARDS, Stack, free_ports
from support.waiting import wait_until

REQUEST_TIMEOUT = 10.0
MIX = (("product-selftest", 1, "fast@card.test", "COMPLETED"),)


@pytest.fixture(scope="module")
def stack():
    with Stack(replicas=2, ATTEMPT_TIMEOUT="10s", BACKOFF_INITIAL="50ms", BACKOFF_CAP="500ms", LEASE="5s",
               REQUEST_TIMEOUT=f"{REQUEST_TIMEOUT:g}s", UNROUTABLE_EVENTS="count") as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def rest(stack):
    return Rest(stack)


@pytest.fixture(autouse=True)
def plain(stack):
    yield
    for part in stack.parts.values():
        if part.settings:
            part.settings.clear()
            part.restart()


class Strict(Load):
    """Orders at a rate, each asked for once: any answer but 202 is a problem."""

    def __init__(self, rest, count, rate):
        super().__init__(rest, count, threads=100, mix=MIX, rate=rate)
        self.answered = []  # (when, seconds)

    def _place(self, item_id, quantity, email, status):
        began = time.monotonic()
        answer = self.rest.call("POST", "/api/v1/orders",
                                {"item_id": item_id, "quantity": quantity, "user_email": email})
        with self.lock:
            self.answered.append((began, time.monotonic() - began))
            if answer.status == 202:
                self.expected[answer.json["order_id"]] = status
            else:
                self.problems.append(repr(answer))

    def slowest_between(self, begin, end):
        return max((took for began, took in self.answered if begin <= began < end), default=0.0)


def ended(rest, load):
    load.join()
    for order_id, status in load.expected.items():
        assert rest.wait_ended(order_id, 60) == status, order_id


class SecondPayment:
    """Another payment beside the stack's, on the same database or, through a gate, on a link that can be cut."""

    def __init__(self, stack, database_port=None):
        self.port, self.admin = free_ports(2)
        url = stack.database_url("payment_db")
        if database_port is not None:
            url = url.replace(f":{stack.environment['POSTGRES_PORT']}/", f":{database_port}/")
        environment = {**stack.environment, "SERVER_PORT": str(self.port), "ADMIN_PORT": str(self.admin),
                       "DATABASE_URL": url}
        self.process = subprocess.Popen([str(stack.build_dir / "bin" / "payment-service")], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.wait_ready(200)

    def wait_ready(self, status):
        wait_until(lambda: self._readyz() == status, f"the second payment's /readyz to say {status}", 30)

    def wait_not_serving(self):
        """What the orchestrators go by: gRPC's own health, which follows /readyz a moment later."""
        pb = stubs.pb("grpc.health.v1.health")
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            health = stubs.rpc("grpc.health.v1.health").HealthStub(channel)
            wait_until(lambda: health.Check(pb.HealthCheckRequest(), timeout=5).status == pb.HealthCheckResponse.NOT_SERVING,
                       "the second payment to say that it does not serve", 30)

    def _readyz(self):
        try:
            with socket.create_connection(("127.0.0.1", self.admin), 5) as link:
                link.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return int(link.recv(64).split()[1])
        except (OSError, IndexError):
            return 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def tell(parts, prefix="", **settings):
    """The parts restarted with these settings, by a program of the test's: deploy/part sets the addresses itself."""
    for part in parts:
        stack = part.stack
        program = stack.folder / f"told-{part.name}"
        binary = stack.build_dir / "bin" / part.name.split("-")[0]
        flags = " ".join(f"--{name.lower().replace('_', '-')} '{value}'" for name, value in settings.items())
        program.write_text(f'#!/bin/sh\nexec {prefix} "{binary}" {flags} "$@"\n')
        program.chmod(0o755)
        part.settings[f"{part.name.upper().replace('-', '_')}_BINARY"] = str(program)
        part.restart()


# --- orchestrators -------------------------------------------------------------------------------------------------------

def test_a_frozen_orchestrator_costs_nobody_an_error(stack, rest):
    load = Strict(rest, 600, rate=30).start()
    load.wait_accepted(60, 30)
    pid = stack.orchestrators[0].pid
    frozen = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        # By now the others' shards and keepalive are through: a request meets only the one that is well.
        settled = frozen + 7.0
        wait_until(lambda: time.monotonic() > frozen + 10.0, "the end of the freeze", 20)
    finally:
        os.kill(pid, signal.SIGCONT)
    ended(rest, load)
    slowest = load.slowest_between(0, float("inf"))
    late = load.slowest_between(settled, frozen + 9.5)
    print(f"slowest answer {slowest:.2f} s; between the 7th second and the thaw {late:.2f} s")
    assert slowest < REQUEST_TIMEOUT
    assert 0 < late < 1.0
    wait_until(lambda: all(part.metric("ordersaga_shards_owned") == SHARDS / 2 for part in stack.orchestrators),
               "both to share the shards again", 30)


@pytest.mark.long
def test_a_watcher_of_a_frozen_orchestrator_goes_on_at_another(stack, rest):
    """Each waits at one of the two, so that one of them is at the frozen one."""
    order_ids, answers = [], []
    pid = stack.orchestrators[0].pid
    for _ in range(4):
        order_ids.append(rest.place("product-selftest", 1, "slow@example.com"))

    def wait(order_id):
        answers.append(rest.call("GET", f"/api/v1/orders/{order_id}", headers={"Prefer": "wait=30"}, seconds=40))

    os.kill(pid, signal.SIGSTOP)
    try:
        threads = [threading.Thread(target=wait, args=(order_id,)) for order_id in order_ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(40)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert [answer.status for answer in answers] == [200] * 4
    assert {answer.json["status"] for answer in answers} <= {"COMPLETED", "CANCELLED"}


# --- payments ------------------------------------------------------------------------------------------------------------

def test_of_two_payments_the_one_without_a_database_is_left_out(stack, rest):
    gate = Gate(stack.postgres.port())
    try:
        with SecondPayment(stack, gate.port) as second:
            both = f"127.0.0.1:{stack.payment.port()},127.0.0.1:{second.port}"
            tell(stack.orchestrators, PAYMENT_ADDRESS=both)
            ended(rest, Strict(rest, 40, rate=40).start())
            gate.server_port = 1  # where nobody listens
            gate.cut()
            second.wait_ready(503)
            second.wait_not_serving()
            load = Strict(rest, 60, rate=60).start()
            began = time.monotonic()
            ended(rest, load)
            print(f"60 orders completed {time.monotonic() - began:.1f} s after the first was placed")
            for order_id in load.expected:
                steps = rest.call("GET", f"/api/v1/orders/{order_id}?expand=saga").json["saga"]["steps"]
                assert [step["action_attempts"] for step in steps][:2] == [1, 1], steps
    finally:
        gate.close()


@pytest.mark.long
def test_of_two_payments_a_frozen_one_is_left_out(stack, rest):
    with SecondPayment(stack) as second:
        tell(stack.orchestrators, PAYMENT_ADDRESS=f"127.0.0.1:{stack.payment.port()},127.0.0.1:{second.port}")
        ended(rest, Strict(rest, 20, rate=40).start())
        second.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        ended(rest, Strict(rest, 40, rate=40).start())
        took = time.monotonic() - began
        print(f"40 orders completed {took:.1f} s after one of two payments froze")
        assert took < 9, "an attempt may take 10 s: keepalive has not ended it"


# --- addresses -----------------------------------------------------------------------------------------------------------

def test_everything_works_over_ipv6(stack, rest):
    for part in (stack.payment, stack.inventory, stack.notification, *stack.orchestrators):
        part.settings[part.variable("BIND_ADDRESS")] = "::1"
        part.restart()
    tell(stack.orchestrators, PAYMENT_ADDRESS=f"[::1]:{stack.payment.port()}",
         INVENTORY_ADDRESS=f"[::1]:{stack.inventory.port()}", NOTIFICATION_ADDRESS=f"[::1]:{stack.notification.port()}",
         ADVERTISE_ADDRESS="")
    tell([stack.gateway], ORCHESTRATOR_ADDRESS=",".join(f"[::1]:{part.port()}" for part in stack.orchestrators))
    ended(rest, Strict(rest, 40, rate=40).start())
    order_id = rest.place("product-selftest", 1)
    shown = subprocess.run([str(stack.build_dir / "bin" / "sagactl"), "show", order_id, "--address",
                            ",".join(f"[::1]:{part.port()}" for part in stack.orchestrators)],
                           capture_output=True, text=True, timeout=30)
    assert order_id in shown.stdout, shown.stderr


def test_a_name_is_resolved_and_resolved_again(stack, rest):
    """The gateway lives in a mount namespace with a hosts file of its own."""
    hosts = stack.folder / "hosts"
    hosts.write_text("127.0.0.1 orders.test\n")
    port = stack.orchestrators[0].port()
    tell([stack.gateway], prefix=f"unshare -rm sh -c 'mount --bind {hosts} /etc/hosts && exec \"$@\"' sh ",
         ORCHESTRATOR_ADDRESS=f"orders.test:{port}")
    ended(rest, Strict(rest, 10, rate=40).start())

    def connected(to):
        # gRPC's sockets are IPv6 ones, in which this is the end of the address.
        peer = f"{int.from_bytes(socket.inet_aton(to), 'little'):08X}:{port:04X}"
        links = [line.split() for name in ("tcp", "tcp6")
                 for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]]
        return any(link[2].endswith(peer) and link[3] == "01" for link in links)  # established

    with SecondOrchestrator(stack, SERVER_PORT=str(port), BIND_ADDRESS="127.0.0.2"):
        assert not connected("127.0.0.2")
        hosts.write_text("127.0.0.1 orders.test\n127.0.0.2 orders.test\n")
        wait_until(lambda: connected("127.0.0.2"), "the gateway to find the second address", 15)
        hosts.write_text("127.0.0.2 orders.test\n")
        ended(rest, Strict(rest, 10, rate=40).start())


# --- the database --------------------------------------------------------------------------------------------------------

def test_a_database_that_stays_away_is_said_at_once(stack, rest):
    order_id = rest.place("product-selftest", 1)
    assert rest.wait_ended(order_id) == "COMPLETED"
    stack.postgres.stop()
    try:
        def told_at_once():
            began = time.monotonic()
            answer = rest.call("GET", f"/api/v1/orders/{order_id}")
            return (answer.status == 503 and answer.json["code"] == "DATABASE_UNAVAILABLE"
                    and time.monotonic() - began < 1.0)
        wait_until(told_at_once, "503 within a second", 40)
    finally:
        stack.postgres.start()
        for part in stack.parts.values():
            part.wait_ready()
    assert rest.get(order_id)["status"] == "COMPLETED"


# --- keepalive -----------------------------------------------------------------------------------------------------------

@pytest.mark.long
def test_an_idle_connection_is_watched_and_not_punished_for_it(stack):
    """Eight pings that no data accompanies; the third one too many would end the connection."""
    said = len(stack.gateway.log)
    began = time.monotonic()
    wait_until(lambda: time.monotonic() > began + 25, "pings to be counted", 30)
    assert "too_many_pings" not in stack.gateway.log[said:]
