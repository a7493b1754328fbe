"""One measurement of a peer: a PostgreSQL as deploy/up makes it, the peer's processes, and what they used."""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

import psycopg2

from support.stack import Stack, free_ports
from support.waiting import wait_until

from . import cpu
from .bench import Invalid

WARM_SECONDS = 3
PATIENCE = 60  # seconds longer than it should take
COMMITS = "SELECT coalesce(sum(xact_commit), 0) FROM pg_stat_database WHERE datname LIKE 'peer%'"
SERVER = ("node_modules", "@restatedev", "restate-server-linux-x64", "bin", "restate-server")


def rows(stack, *statements):
    connection = psycopg2.connect(stack.postgres.url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def used(stack, processes):
    """CPU seconds of PostgreSQL and of the peer's own processes."""
    return cpu.Meter(stack).read()["postgres"] + sum(sum(cpu.times(process.pid)[:2]) for process in processes)


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def restate_server(folder):
    """The server with its log in a temporary folder; yields it and what its service needs to know."""
    ingress, admin, node, service = free_ports(4)
    with tempfile.TemporaryDirectory(prefix="ordersaga-restate.") as data:
        environment = {**os.environ, "RESTATE_BASE_DIR": data, "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
                       "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}", "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
                       "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{node}", "RESTATE_LISTEN_MODE": "tcp",
                       "RESTATE_DISABLE_TELEMETRY": "true"}
        with running([folder.joinpath(*SERVER)], env=environment, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            wait_until(lambda: answers(f"http://127.0.0.1:{admin}/health"), "Restate's server", 60, every=0.2)
            yield server, {"PEER_INGRESS_PORT": str(ingress), "PEER_ADMIN_PORT": str(admin), "PEER_SERVICE_PORT": str(service)}


def measure(folder, name, clients, seconds):
    """Sagas a second, latency, CPU (us) and commits of a saga. Raises Invalid unless each saga has written its three rows."""
    with contextlib.ExitStack() as closing:
        stack = closing.enter_context(Stack())
        stack.start("postgres")
        rows(stack, "CREATE DATABASE peer", "CREATE DATABASE peer_system")
        own = stack.postgres.url.rpartition("/")[0]
        environment = {**os.environ, "PEER_DATABASE": f"{own}/peer", "PEER_SYSTEM_DATABASE": f"{own}/peer_system",
                       "PEER_CLIENTS": str(clients), "PEER_WARM": str(WARM_SECONDS), "PEER_SECONDS": str(seconds)}
        processes = []
        if name == "restate":
            server, ports = closing.enter_context(restate_server(folder))
            processes.append(server)
            environment.update(ports)
        node = closing.enter_context(running(["node", f"{name}.mjs"], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE))
        processes.append(node)
        patience = threading.Timer(WARM_SECONDS + seconds + PATIENCE, node.kill)  # then its output ends
        closing.callback(patience.cancel)
        patience.start()
        lines = (json.loads(line) for line in node.stdout if line.startswith("{"))
        if not next(lines, None):
            raise Invalid(f"{name} did not start")
        before = used(stack, processes)
        found = next(lines, None)
        spent = used(stack, processes) - before
        if not found or any(count != found["sagas"] for count in found["rows"]):
            raise Invalid(f"{name}: {found}: not every saga has its three rows")
        node.wait(timeout=60)
        commits = int(rows(stack, COMMITS)[0][0])
    return {"per_s": found["per_s"], "p50_ms": found["p50_ms"], "p99_ms": found["p99_ms"], "cpu_us": 1e6 * spent / found["counted"],
            "commits": commits / found["sagas"]}
