"""What a supervisor sees of a program: systemd's notifications, the command `health`, exit codes."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from support.stack import ROOT, free_ports

BUILD = os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build")
NOWHERE = "postgres://nobody:nothing@127.0.0.1:1/nothing"


class Program:
    """One program that nobody but the test has started, and a socket in systemd's place."""

    def __init__(self, folder, name, **settings):
        self.path = f"{BUILD}/bin/{name}"
        server, admin = free_ports(2)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.socket.settimeout(20)
        self.environment = {"SERVER_PORT": str(server), "ADMIN_PORT": str(admin), **settings}
        self.process = subprocess.Popen([self.path], env={**self.environment, "NOTIFY_SOCKET": str(folder / "notify")},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def heard(self):
        return self.socket.recv(4096).decode()

    def health(self):
        return subprocess.run([self.path, "health"], env=self.environment, capture_output=True, text=True, timeout=20)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()


@pytest.fixture
def start(tmp_path):
    programs = []

    def begin(name, **settings):
        programs.append(Program(tmp_path, name, **settings))
        return programs[-1]
    yield begin
    for program in programs:
        program.close()


def test_it_says_when_it_is_ready_and_when_it_stops(start):
    gateway = start("gateway")
    assert gateway.heard() == "READY=1\nSTATUS=running"
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.heard() == "STOPPING=1"
    assert gateway.process.wait(20) == 0


def test_it_beats_while_it_goes_on(start):
    gateway = start("gateway", WATCHDOG_USEC="400000")
    assert {gateway.heard() for _ in range(8)} == {"READY=1\nSTATUS=running", "WATCHDOG=1"}
    gateway.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, gateway.process.pid, os.WSTOPPED)
    gateway.socket.settimeout(0.8)
    with pytest.raises(TimeoutError):
        for _ in range(20):  # what was said before it froze
            gateway.heard()
    gateway.process.send_signal(signal.SIGCONT)
    assert gateway.heard() == "WATCHDOG=1"


@pytest.mark.parametrize("name", ["payment-service", "inventory-service", "notification-service", "orchestrator"])
def test_it_says_what_it_waits_for_and_health_says_so_too(start, tmp_path, name):
    program = start(name, DATABASE_URL=NOWHERE, **({"MAILBOX_DIR": str(tmp_path)} if name == "notification-service" else {}))
    assert program.heard().startswith("STATUS=waiting for the database: ")
    health = program.health()
    assert health.returncode == 1 and "waiting for the database" in health.stderr, health
    assert health.stderr.count("\n") == 1 and health.stderr.startswith(f"{name}: ")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(20) == 1


def test_health_of_a_program_that_is_not_there(start):
    gateway = start("gateway")
    gateway.process.kill()
    gateway.process.wait()
    health = gateway.health()
    assert (health.returncode, health.stderr) == (
        1, f"gateway: nobody answers at 127.0.0.1:{gateway.environment['ADMIN_PORT']}: Connection refused\n")


def test_health_of_the_running_stack(stack):
    environment = {"ADMIN_PORT": stack.environment["PAYMENT_ADMIN_PORT"]}
    done = subprocess.run([f"{BUILD}/bin/payment-service", "health"], env=environment, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "payment-service: ready\n")


# --- bad luck is one line, that says what it is -----------------------------------------------------------------------

def last_words(name, **settings):
    """Exit code and all that it said, without the times."""
    server, admin = free_ports(2)
    done = subprocess.run([f"{BUILD}/bin/{name}"], env={"SERVER_PORT": str(server), "ADMIN_PORT": str(admin), **settings},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    return done.returncode, re.sub(r"^\S+Z ", "", done.stdout, flags=re.M)


@pytest.mark.parametrize("path, why", [("/nowhere/url", "No such file or directory"), ("/", "Is a directory"),
                                       ("/dev/null", "it is empty")])
def test_a_secret_that_is_not_there(path, why):
    assert last_words("payment-service", DATABASE_URL_FILE=path) == (
        2, f"payment-service: DATABASE_URL_FILE: {path} cannot be read: {why}\n")


@pytest.mark.parametrize("setting", ["SERVER_PORT", "ADMIN_PORT"])
def test_a_port_that_is_taken(setting):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = last_words("gateway", **{setting: str(port)})
        assert (code, said.splitlines()[-1]) == (
            1, f'error gateway      could not start error="cannot listen on 127.0.0.1:{port}: Address already in use'
               ' (`ss -ltnp` shows by whom)"')


def test_a_port_of_grpc_that_is_taken(stack):
    port = stack.parts["payment"].port()
    code, said = last_words("payment-service", SERVER_PORT=str(port), DATABASE_URL=stack.database_url("payment_db"))
    assert (code, said) == (1, f'error payment      could not start error="cannot listen on 127.0.0.1:{port}: the port is'
                               " taken (`ss -ltnp` shows by whom), or the address is not this machine's\"\n")


@pytest.mark.parametrize("change, why", [
    (lambda url: url.replace("payment_db:", "payment_db:not"), 'password authentication failed for user \\"payment_db\\"'),
    (lambda url: NOWHERE, "Connection refused")])
def test_a_database_that_does_not_let_it_in(stack, change, why):
    server, admin = free_ports(2)
    with subprocess.Popen([f"{BUILD}/bin/payment-service"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"SERVER_PORT": str(server), "ADMIN_PORT": str(admin),
                               "DATABASE_URL": change(stack.database_url("payment_db"))}) as process:
        time.sleep(2.2)  # four tries
        process.send_signal(signal.SIGTERM)
        lines = process.communicate(timeout=20)[0].splitlines()
    assert len(lines) == 2, lines  # the reason, once; and that it was ended while it waited
    assert "waiting for the database" in lines[0] and why in lines[0]
